// Makes a one-time link. Send the user's browser to the URL.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
)

func makeLink(userID, provider, redirectURL string) (string, error) {
	body, err := json.Marshal(map[string]string{
		"userId": userID, "provider": provider, "redirectUrl": redirectURL,
	})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequest("POST", os.Getenv("LARDER_URL")+"/v1/connect-links", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("LARDER_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct{ URL, Code, Detail string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", answer.Code, answer.Detail)
	}
	return answer.URL, nil
}

func main() {
	url, err := makeLink(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(url)
}
