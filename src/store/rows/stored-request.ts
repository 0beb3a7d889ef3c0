import type { ConnectRequest } from '../../core/connect/flow.ts'
import { type Sealed, Secret } from '../../core/base/secret.ts'

/** A `ConnectRequest` as sealed JSON. */
export type StoredRequest = Omit<ConnectRequest, 'client'> & {
  readonly client: { readonly id: string; readonly secret: string | null } | null
}

export function storeRequest(request: ConnectRequest): StoredRequest {
  const { client } = request
  if (client === null) return { ...request, client }
  return { ...request, client: { id: client.id, secret: exposed(client.secret) } }
}

export function restoreRequest(stored: StoredRequest): ConnectRequest {
  const { client } = stored
  if (client === null) return { ...stored, client }
  return { ...stored, client: { id: client.id, secret: restored(client.secret) } }
}

/** Returns the plain secret. Use only for JSON that is then sealed. */
export function exposed(value: Sealed | null): string | null {
  return value === null ? null : value.open().expose()
}

export function restored(value: string | null): Secret | null {
  return value === null ? null : new Secret(value)
}
