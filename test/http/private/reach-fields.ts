import type { Endpoint } from '../../../src/http/private/endpoint.ts'

/** The kind of thing that a field names; `plain` if it names nothing stored. */
export type Kind =
  | 'user'
  | 'provider'
  | 'providers'
  | 'connection'
  | 'link'
  | 'flow'
  | 'callback'
  | 'account'
  | 'key'

type Meaning = Kind | 'items' | 'plain'

const PLAIN = [
  'accessToken refreshToken credentials grant scope expiresAt client expiresInSeconds',
  'expiringBefore params label metadata status limit revoke verify minTtlSeconds rejected',
  'redirectUrl displayName state ttlSeconds confirm completion callbackUrl code iss error',
  'name after before permissions events',
].flatMap((names) => names.split(' '))

export const MEANINGS: Readonly<Record<string, Meaning>> = {
  userId: 'user',
  userIdPrefix: 'user',
  provider: 'provider',
  providers: 'providers',
  connectionId: 'connection',
  cursor: 'connection',
  account: 'account',
  accountId: 'account',
  expectedAccount: 'account',
  email: 'account',
  items: 'items',
  'completeAuthorization.state': 'flow',
  callback: 'callback',
  ...Object.fromEntries(PLAIN.map((name) => [name, 'plain'] as const)),
}

function meaningOf({ id, path }: Endpoint, name: string): Meaning | undefined {
  if (name !== 'id') return MEANINGS[`${id}.${name}`] ?? MEANINGS[name]
  if (path.startsWith('/v1/connections/')) return 'connection'
  if (path.startsWith('/v1/connect-links/')) return 'link'
  return /^\/v1\/(keys|webhooks)\//.test(path) ? 'key' : undefined
}

type Place = 'params' | 'query' | 'body'
export type Named = {
  readonly place: Place
  readonly name: string
  readonly meaning: Meaning | undefined
}

export function fieldsOf(endpoint: Endpoint): readonly Named[] {
  return (['params', 'query', 'body'] as const).flatMap((place) =>
    Object.keys(endpoint[place].shape).map((name) => {
      return { place, name, meaning: meaningOf(endpoint, name) }
    }),
  )
}
