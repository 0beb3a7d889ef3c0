import { complaintsAbout, credentials, type Expected } from './check-request.ts'
import type { ProbeWords, RevocationWords } from './dialect.ts'
import { type Answer, refuse, valuesOf, type Vendor } from './vendor.ts'
import { fill } from './fill.ts'
import type { Incoming } from './incoming.ts'

/** What is asked beside the token endpoint: whose token it is, and to forget it. */
export function answerSide(vendor: Vendor, incoming: Incoming): Answer | null {
  const { probes = [], revocation } = vendor.dialect
  const probe = probes.find((one) => isAt(vendor, one, incoming, 'GET'))
  if (probe !== undefined) return answerProbe(vendor, probe, incoming)
  if (revocation !== null && isAt(vendor, revocation, incoming, 'POST')) {
    return answerRevocation(vendor, revocation, incoming)
  }
  return null
}

function isAt(
  vendor: Vendor,
  words: { readonly url: string; readonly method?: string },
  incoming: Incoming,
  method: string,
): boolean {
  const url = new URL(String(fill(words.url, valuesOf(vendor))))
  return (
    url.origin + url.pathname === incoming.address && incoming.method === (words.method ?? method)
  )
}

const BEARER = { name: 'Authorization', value: 'Bearer {accessToken}' }

function answerProbe(vendor: Vendor, probe: ProbeWords, incoming: Incoming): Answer {
  const { dialect, client, books } = vendor
  const own = probe.auth === undefined ? null : credentials(probe.auth, client)
  const accessToken = books.findAccessToken((token) => isShown(incoming, token))
  const { name, value } = dialect.apiHeader ?? BEARER
  const isStandard = name === BEARER.name || probe.authorization !== undefined
  const shown = probe.authorization === undefined ? value : probe.authorization
  const api = own === null && shown !== null ? String(fill(shown, { accessToken })) : null
  const expected: Expected = {
    url: String(fill(probe.url, valuesOf(vendor))),
    method: probe.method ?? 'GET',
    formats: probe.formats ?? ['form'],
    params: { ...own?.params, ...probe.params },
    tolerated: [],
    headers: { ...probe.headers, ...(isStandard ? {} : { [name]: api }) },
    authorization: own?.authorization ?? (isStandard ? api : null),
  }
  const values = { ...valuesOf(vendor), accessToken }
  const wrong = [
    ...(accessToken === null ? ['no access token that is known'] : []),
    ...complaintsAbout(incoming, expected, values),
  ]
  if (wrong.length > 0) return refuse(vendor, 'probe', wrong)
  return { status: probe.status ?? 200, body: fill(probe.answer, values) }
}

function answerRevocation(vendor: Vendor, words: RevocationWords, incoming: Incoming): Answer {
  const { client, books } = vendor
  const token = books.findToken((one) => isShown(incoming, one))
  const own =
    words.auth === 'token' || words.auth === 'anything'
      ? { params: {}, authorization: words.auth === 'token' ? `Bearer ${token}` : null }
      : credentials(words.auth, client)
  const values = { ...valuesOf(vendor), token }
  const sent = incoming.headers['authorization'] ?? null
  const authorization =
    words.authorization === undefined
      ? own.authorization
      : String(fill(words.authorization, values))
  const expected: Expected = {
    url: String(fill(words.url, values)),
    method: words.method ?? 'POST',
    formats: words.formats ?? ['form'],
    params: { ...own.params, ...words.params },
    tolerated: [
      'token_type_hint',
      ...(words.tolerated ?? []),
      ...(words.auth === 'anything' ? ['client_id', 'client_secret'] : []),
    ],
    headers: words.headers ?? {},
    authorization: words.auth === 'anything' ? sent : authorization,
  }
  const isNamed = JSON.stringify([words.params, words.auth, words.url]).includes('oken')
  const wrong = [
    ...(token === null && isNamed ? ['no token that is known'] : []),
    ...(token !== null && !takes(words.tokens, token) ? ['a token of the other kind'] : []),
    ...complaintsAbout(incoming, expected, values),
  ]
  if (wrong.length > 0) return refuse(vendor, 'revocation', wrong)
  if (!vendor.forgets && words.refusal !== undefined) {
    return { status: words.refusal.status, body: words.refusal.body }
  }
  for (const one of token === null ? Object.values(books.latest) : [token]) books.revoke(one)
  return { status: words.status ?? 200, body: fill(words.answer, values) }
}

function takes(tokens: RevocationWords['tokens'], token: string): boolean {
  if (tokens === 'access') return token.startsWith('at-')
  return tokens !== 'refresh' || token.startsWith('rt-')
}

/** Wherever it stands: what is checked in detail is the rest. */
function isShown({ headers, body, query }: Incoming, token: string): boolean {
  return [...Object.values(headers), ...body.values(), ...query.values()].some((text) =>
    text.includes(token),
  )
}
