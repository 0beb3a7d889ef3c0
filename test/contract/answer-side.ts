import { complaintsAbout, credentials, type Expected } from './check-request.ts'
import type { ProbeWords, RevocationWords } from './dialect.ts'
import { type Answer, answerError, refuse, valuesOf, type Vendor } from './vendor.ts'
import { fill } from './fill.ts'
import type { Incoming } from './incoming.ts'

/** The endpoints beside the token endpoint: account probes and revocation. */
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
  const isOwn = shown !== null && !shown.includes('{accessToken}')
  // A user's wrong credentials are not a mistake of the preset.
  if (isOwn && incoming.headers['authorization'] !== api)
    return answerError(vendor, vendor.dialect.errors.dead[0] ?? { status: 401 })
  const wrong = [
    ...(accessToken === null && !isOwn ? ['no access token that is known'] : []),
    ...complaintsAbout(incoming, expected, values),
  ]
  if (wrong.length > 0) return refuse(vendor, 'probe', wrong)
  if (isOwn && vendor.fault !== null) return answerError(vendor, vendor.fault.answer)
  return { status: probe.status ?? 200, body: fill(probe.answer, values) }
}

function answerRevocation(vendor: Vendor, words: RevocationWords, incoming: Incoming): Answer {
  const { books, forgets } = vendor
  const token = books.findToken((one) => isShown(incoming, one))
  const values = { ...valuesOf(vendor), token }
  const expected = expectedRevocation(vendor, words, { token, incoming })
  const wrong = [
    ...(takes(words.tokens, token) ? [] : [`the token is ${token}`]),
    ...complaintsAbout(incoming, expected, values),
  ]
  if (wrong.length > 0) return refuse(vendor, 'revocation', wrong)
  const { refusal } = words
  if (!forgets && refusal !== undefined) return { status: refusal.status, body: refusal.body }
  for (const one of token === null ? Object.values(books.latest) : [token]) books.revoke(one)
  return { status: words.status ?? 200, body: fill(words.answer, values) }
}

function expectedRevocation(
  vendor: Vendor,
  words: RevocationWords,
  about: { readonly token: string | null; readonly incoming: Incoming },
): Expected {
  const values = { ...valuesOf(vendor), token: about.token }
  const own = proofFor(vendor, words.auth, about)
  const { url, method = 'POST', formats = ['form'], headers = {}, authorization } = words
  return {
    url: String(fill(url, values)),
    method,
    formats,
    headers,
    params: { ...own.params, ...words.params },
    tolerated: ['token_type_hint', ...own.tolerated, ...(words.tolerated ?? [])],
    authorization:
      authorization === undefined ? own.authorization : String(fill(authorization, values)),
  }
}

/** The client authentication that a revocation needs. */
function proofFor(
  { client }: Vendor,
  auth: RevocationWords['auth'],
  { token, incoming }: { readonly token: string | null; readonly incoming: Incoming },
) {
  switch (auth) {
    case 'token':
      return { params: {}, tolerated: [], authorization: `Bearer ${token}` }
    case 'anything': {
      const authorization = incoming.headers['authorization'] ?? null
      return { params: {}, tolerated: ['client_id', 'client_secret'], authorization }
    }
    default:
      return { ...credentials(auth, client), tolerated: [] }
  }
}

function takes(tokens: RevocationWords['tokens'], token: string | null): boolean {
  switch (tokens) {
    case 'account':
      return token === null
    case 'access':
      return token?.startsWith('at-') ?? false
    case 'refresh':
      return token?.startsWith('rt-') ?? false
    case 'either':
      return token !== null
    default:
      return tokens satisfies never
  }
}

/** Whether the request has the token anywhere. Other checks find whether it is in the right place. */
function isShown({ headers, body, query }: Incoming, token: string): boolean {
  return [...Object.values(headers), ...body.values(), ...query.values()].some((text) =>
    text.includes(token),
  )
}
