#!/bin/sh
# Makes a one-time link: make-link.sh <user> <provider> <redirect-url>
set -eu

body=$(jq -n --arg user "$1" --arg provider "$2" --arg redirect "$3" \
  '{ userId: $user, provider: $provider, redirectUrl: $redirect }')
answer=$(curl -sS --fail-with-body "$LARDER_URL/v1/connect-links" -d "$body" \
  -H "Authorization: Bearer $LARDER_API_KEY" -H 'Content-Type: application/json') ||
  { echo "$answer" >&2 && exit 1; }
printf %s "$answer" | jq -r .url
