"""Calls the provider's API. After a 401, reports the token and tries once more with a newer one."""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def get(url, headers):
    try:
        with urlopen(Request(url, headers=headers)) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def get_token(connection_id, **query):
    url = f"{os.environ['LARDER_URL']}/v1/connections/{connection_id}/token?{urlencode(query)}"
    status, body = get(url, {"Authorization": f"Bearer {os.environ['LARDER_API_KEY']}"})
    answer = json.loads(body)
    if status != 200:
        raise RuntimeError(f"{answer['code']}: {answer['detail']}")
    return answer


def call_provider(connection_id, url):
    token = get_token(connection_id)
    status, body = get(url, {token["header"]["name"]: token["header"]["value"]})
    if status != 401:
        return status, body
    token = get_token(connection_id, rejected=token["tokenId"])
    return get(url, {token["header"]["name"]: token["header"]["value"]})


print(*call_provider(*sys.argv[1:3]))
