import type { Endpoint } from './endpoint.ts'
import { authorizationEndpoints } from './routes/authorizations.ts'
import { batchEndpoints } from './routes/batch.ts'
import { connectionEndpoints } from './routes/connections.ts'
import { eventEndpoints } from './routes/events.ts'
import { keyEndpoints } from './routes/keys.ts'
import { linkEndpoints } from './routes/links.ts'
import { operationEndpoints } from './routes/operations.ts'
import { providerEndpoints } from './routes/providers.ts'
import { tokenEndpoints } from './routes/tokens.ts'
import { userEndpoints } from './routes/users.ts'
import { webhookEndpoints } from './routes/webhooks.ts'

/** Every route of the private API. */
export const privateEndpoints: readonly Endpoint[] = [
  ...tokenEndpoints,
  ...connectionEndpoints,
  ...batchEndpoints,
  ...userEndpoints,
  ...linkEndpoints,
  ...authorizationEndpoints,
  ...providerEndpoints,
  ...eventEndpoints,
  ...webhookEndpoints,
  ...keyEndpoints,
  ...operationEndpoints,
]
