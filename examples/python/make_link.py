"""Makes a one-time link. Send the user's browser to the URL."""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def make_link(user_id, provider, redirect_url):
    request = Request(
        f"{os.environ['LARDER_URL']}/v1/connect-links",
        data=json.dumps({"userId": user_id, "provider": provider, "redirectUrl": redirect_url}).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['LARDER_API_KEY']}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urlopen(request) as answer:
            return json.load(answer)["url"]
    except HTTPError as error:
        problem = json.load(error)
        raise RuntimeError(f"{problem['code']}: {problem['detail']}") from None


print(make_link(*sys.argv[1:4]))
