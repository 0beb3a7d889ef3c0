#!/bin/sh
# Calls the provider's API: call-provider.sh <connection> <url>
# After a 401, reports the token and tries once more with a newer one.
set -eu

get_token() {
  curl -sS --fail-with-body "$LARDER_URL/v1/connections/$1/token$2" \
    -H "Authorization: Bearer $LARDER_API_KEY"
}

call() {
  header=$(printf %s "$1" | jq -r '.header | "\(.name): \(.value)"')
  curl -sS -w '\n%{http_code}\n' -H "$header" "$2"
}

token=$(get_token "$1" '') || { echo "$token" >&2 && exit 1; }
answer=$(call "$token" "$2")
case $answer in
*401)
  token=$(get_token "$1" "?rejected=$(printf %s "$token" | jq -r .tokenId)")
  answer=$(call "$token" "$2")
  ;;
esac
printf '%s\n' "$answer"
