#!/bin/sh
# Verifies one event by hand: verify-webhook.sh <webhook-id> <webhook-timestamp> <webhook-signature> < body
set -eu

key=$(printf %s "${LARDER_WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$1" "$2" && cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
case " $3 " in
*" v1,$expected "*) echo 'genuine' ;;
*) echo 'forged' && exit 1 ;;
esac
