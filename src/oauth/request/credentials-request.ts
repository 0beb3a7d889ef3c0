import type { Credentials } from '../../core/connection/credentials.ts'
import type { ProviderCall } from './prepare-call.ts'
import { put } from './dialect.ts'
import type { EgressResult } from '../egress/egress.ts'
import type { RequestTarget } from './endpoint-addresses.ts'
import { headerOf } from './send-request.ts'
import { fillAll } from './template.ts'
import type { Means } from './means.ts'

/** Sends one request with the credentials: the preset's probe. */
export function sendCredentials(
  means: Means,
  call: ProviderCall,
  what: { readonly credentials: Credentials; readonly target: RequestTarget },
): Promise<EgressResult> {
  const { probe } = call.recipe
  const { name, value } = headerOf(what.credentials, call)
  const params = new URLSearchParams(fillAll(probe.params ?? {}, call.variables))
  const request = { url: what.target.url, params, headers: new Headers() }
  const format = probe.body === undefined ? (probe.format ?? 'query') : 'query'
  const spoken = put(request, { format, method: probe.method ?? 'GET' })
  const headers = new Headers(spoken.headers)
  const own = { ...fillAll(probe.headers ?? {}, call.variables), [name]: value }
  for (const [key, text] of Object.entries(own)) headers.set(key, text)
  return means.egress.send({
    ...spoken,
    headers: Object.fromEntries(headers),
    body: probe.body ?? spoken.body,
    reach: what.target.reach,
    deadlineMs: call.remainingMs(),
  })
}
