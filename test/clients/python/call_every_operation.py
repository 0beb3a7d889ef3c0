"""An app with the client of openapi-python-client, which is the module `larder` beside it."""

import json
import os
import time

from larder import AuthenticatedClient
from larder.api.authorizations import begin_authorization, complete_authorization
from larder.api.connect_links import confirm_link, create_link, get_link, withdraw_link
from larder.api.connections import (
    delete_connection,
    get_connection,
    import_connection,
    import_connections,
    list_connections,
    refresh_connection,
    update_connection,
)
from larder.api.events import list_events
from larder.api.keys import create_key, list_keys, revoke_key
from larder.api.operations import get_health, get_liveness, get_metrics, get_open_api, get_readiness
from larder.api.providers import list_providers
from larder.api.tokens import get_connection_token, get_user_token
from larder.api.users import (
    create_user_link,
    delete_user,
    delete_user_connection,
    get_user_connection,
    import_user_connection,
    list_user_connections,
)
from larder.api.webhooks import enable_webhook, list_webhooks, replay_webhook
from larder import models

material = json.loads(os.environ["MATERIAL"])
user_id = material["userId"]
provider = "acme"
redirect_url = "https://app.example.com/connected"
called = []
client = AuthenticatedClient(
    base_url=material["url"], token=material["key"], raise_on_unexpected_status=True
)


def call(operation, *args, body=None):
    """Returns the parsed body of a success. Raises on a problem."""
    given = {} if body is None else {"body": body}
    response = operation.sync_detailed(*args, client=client, **given)
    if response.status_code >= 300:
        raise RuntimeError(f"{operation.__name__}: {response.content.decode()}")
    called.append(operation.__name__.rsplit(".", 1)[1])
    return response.parsed


def grant(number):
    return material["grants"][number]


call(get_liveness)
call(get_readiness)
call(get_health)
call(get_metrics)
call(get_open_api)
call(list_providers)

line = {"userId": user_id, "provider": provider}
first = {**line, **grant(0), "expiresInSeconds": 3600}
connection = call(import_connection, body=models.ConnectionImport.from_dict(first))
batch = {"items": [{**line, **grant(1)}]}
call(import_connections, body=models.ImportConnectionsBody.from_dict(batch))
call(list_connections)
call(get_connection, connection.id)
changes = models.UpdateConnectionBody.from_dict({"metadata": {"plan": "pro"}})
call(update_connection, connection.id, body=changes)
token = call(get_connection_token, connection.id)
assert token.access_token
call(refresh_connection, connection.id)

second = f"{user_id}-2"
handed = {**grant(2), "scope": ["read"], "expiresAt": int(time.time()) + 3600}
call(
    import_user_connection,
    second,
    provider,
    body=models.ImportUserConnectionBody.from_dict(handed),
)
call(list_user_connections, second)
call(get_user_connection, second, provider)
call(get_user_token, second, provider)
call(create_user_link, second, provider, body=models.CreateUserLinkBody())

wanted = {**line, "redirectUrl": redirect_url}
link = call(create_link, body=models.CreateLinkBody.from_dict(wanted))
call(get_link, link.id)
call(withdraw_link, link.id)
completion = models.ConfirmLinkBody(user_id, material["confirm"]["completion"])
call(confirm_link, material["confirm"]["linkId"], body=completion)

begun = models.BeginAuthorizationBody(user_id, provider, redirect_url)
call(begin_authorization, body=begun)
callback = models.CompleteAuthorizationBody.from_dict({"userId": user_id, **material["callback"]})
call(complete_authorization, body=callback)

events = call(list_events)
of_connections = [event for event in events.items if isinstance(event, models.ConnectionEvent)]
assert connection.id in [event.data.connection.id for event in of_connections]
call(list_webhooks)
call(enable_webhook, "app")
call(replay_webhook, "app", body=models.ReplayWebhookBody(events.next_cursor))

worker = {"name": "worker", "permissions": ["tokens:read"]}
key = call(create_key, body=models.CreateKeyBody.from_dict(worker))
call(list_keys)
call(revoke_key, key.id)

call(delete_connection, connection.id)
call(delete_user_connection, second, provider)
call(delete_user, user_id)

print(json.dumps(called))
