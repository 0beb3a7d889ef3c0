import createClient, { type Middleware } from 'openapi-fetch'
import type { paths } from './schema.d.ts'

// An app that uses the types of openapi-typescript. A test copies it beside them, checks and runs it.

type Material = {
  readonly url: string
  readonly key: string
  readonly userId: string
  readonly grants: readonly { readonly accessToken: string; readonly refreshToken: string }[]
  readonly confirm: { readonly linkId: string; readonly completion: string }
  readonly callback: { readonly state: string; readonly code: string }
}

const material: Material = JSON.parse(process.env['MATERIAL'] ?? '')
const { userId, confirm, callback } = material
const provider = 'acme'
const redirectUrl = 'https://app.example.com/connected'

const api = createClient<paths>({
  baseUrl: material.url,
  headers: { authorization: `Bearer ${material.key}` },
})

const called: string[] = []
const record: Middleware = {
  onResponse({ request, response, schemaPath }) {
    called.push(`${request.method.toLowerCase()} ${schemaPath} ${response.status}`)
  },
}
api.use(record)

/** Returns the body of a success. Throws on a problem. */
async function body<T>(asked: Promise<{ data?: T; error?: unknown }>): Promise<NonNullable<T>> {
  const { data, error } = await asked
  if (data === undefined || data === null) throw new Error(JSON.stringify(error ?? called.at(-1)))
  return data
}

async function done(asked: Promise<{ response: Response }>): Promise<void> {
  const { response } = await asked
  if (!response.ok) throw new Error(`${called.at(-1)}`)
}

function listEvents() {
  return body(api.GET('/v1/events'))
}

type Event = Awaited<ReturnType<typeof listEvents>>['items'][number]

/** Compiles only if `type` narrows `data`. */
function subjectOf(event: Event): string {
  switch (event.type) {
    case 'provider.unavailable':
    case 'provider.misconfigured':
    case 'provider.recovered':
      return event.data.provider
    default:
      return event.data.connection.id
  }
}

function grant(number: number) {
  const found = material.grants[number]
  if (found === undefined) throw new Error('not enough grants')
  return found
}

await body(api.GET('/livez'))
await body(api.GET('/readyz'))
await body(api.GET('/healthz'))
await body(api.GET('/metrics', { parseAs: 'text' }))
await body(api.GET('/openapi.json'))
await body(api.GET('/v1/providers'))

const imported = await body(
  api.POST('/v1/connections', { body: { userId, provider, ...grant(0), expiresInSeconds: 3600 } }),
)
const { id } = imported
const one = { params: { path: { id } } } as const
await body(
  api.POST('/v1/connections/batch', { body: { items: [{ userId, provider, ...grant(1) }] } }),
)
await body(api.GET('/v1/connections', { params: { query: { userId, limit: 10 } } }))
await body(api.GET('/v1/connections/{id}', one))
await body(api.PATCH('/v1/connections/{id}', { ...one, body: { metadata: { plan: 'pro' } } }))
const token = await body(
  api.GET('/v1/connections/{id}/token', { params: { path: { id }, query: { minTtlSeconds: 5 } } }),
)
if (token.accessToken === null) throw new Error('no access token')
await body(api.POST('/v1/connections/{id}/refresh', one))

const ofUser = { params: { path: { userId: `${userId}-2`, provider } } } as const
await body(
  api.POST('/v1/users/{userId}/oauth/{provider}', {
    ...ofUser,
    body: { ...grant(2), scope: ['read'], expiresAt: Math.floor(Date.now() / 1000) + 3600 },
  }),
)
await body(api.GET('/v1/users/{userId}/oauth', { params: { path: { userId: `${userId}-2` } } }))
await body(api.GET('/v1/users/{userId}/oauth/{provider}', ofUser))
await body(api.GET('/v1/users/{userId}/oauth/{provider}/token', ofUser))
await body(api.POST('/v1/users/{userId}/oauth/{provider}/link', ofUser))

const link = await body(
  api.POST('/v1/connect-links', { body: { userId, provider, redirectUrl, ttlSeconds: 60 } }),
)
await body(api.GET('/v1/connect-links/{id}', { params: { path: { id: link.id } } }))
await done(api.DELETE('/v1/connect-links/{id}', { params: { path: { id: link.id } } }))
const { linkId, completion } = confirm
await body(
  api.POST('/v1/connect-links/{id}/confirm', {
    params: { path: { id: linkId } },
    body: { userId, completion },
  }),
)

await body(api.POST('/v1/authorizations', { body: { userId, provider, callbackUrl: redirectUrl } }))
await body(api.POST('/v1/authorizations/complete', { body: { userId, ...callback } }))

const { items, nextCursor } = await listEvents()
if (!items.map(subjectOf).includes(id)) throw new Error('the import is not among the events')
await body(api.GET('/v1/webhooks'))
const webhook = { params: { path: { id: 'app' } } } as const
await body(api.POST('/v1/webhooks/{id}/enable', webhook))
await body(api.POST('/v1/webhooks/{id}/replay', { ...webhook, body: { after: nextCursor } }))

const key = await body(
  api.POST('/v1/keys', { body: { name: 'worker', permissions: ['tokens:read'] } }),
)
await body(api.GET('/v1/keys'))
await done(api.DELETE('/v1/keys/{id}', { params: { path: { id: key.id } } }))

await body(api.DELETE('/v1/connections/{id}', one))
await body(api.DELETE('/v1/users/{userId}/oauth/{provider}', ofUser))
await body(api.DELETE('/v1/users/{userId}', { params: { path: { userId } } }))

process.stdout.write(JSON.stringify(called))
