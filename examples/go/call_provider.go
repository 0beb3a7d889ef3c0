// Calls the provider's API. After a 401, reports the token and tries once more with a newer one.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
)

type token struct {
	TokenID string
	Header  struct{ Name, Value string }
}

func getToken(connectionID, rejected string) (token, error) {
	address := os.Getenv("LARDER_URL") + "/v1/connections/" + connectionID + "/token"
	if rejected != "" {
		address += "?rejected=" + url.QueryEscape(rejected)
	}
	status, body, err := get(address, "Authorization", "Bearer "+os.Getenv("LARDER_API_KEY"))
	if err != nil {
		return token{}, err
	}
	var answer struct {
		token
		Code, Detail string
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return token{}, err
	}
	if status != http.StatusOK {
		return token{}, fmt.Errorf("%s: %s", answer.Code, answer.Detail)
	}
	return answer.token, nil
}

func callProvider(connectionID, address string) (int, []byte, error) {
	current, err := getToken(connectionID, "")
	if err != nil {
		return 0, nil, err
	}
	status, body, err := get(address, current.Header.Name, current.Header.Value)
	if err != nil || status != http.StatusUnauthorized {
		return status, body, err
	}
	newer, err := getToken(connectionID, current.TokenID)
	if err != nil {
		return 0, nil, err
	}
	return get(address, newer.Header.Name, newer.Header.Value)
}

func get(address, header, value string) (int, []byte, error) {
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set(header, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

func main() {
	status, body, err := callProvider(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status, string(body))
}
