import { claimsFor, jwt } from '../oauth/answer/signing-provider.ts'
import { INVALID_CLIENT, INVALID_GRANT } from './answers.ts'
import { authOf, complaintsAbout, credentials, type Expected, paramsOf } from './check-request.ts'
import type { ClientAuth, Params, TokenWords } from './dialect.ts'
import { type Answer, answerError, refuse, valuesOf, type Vendor } from './vendor.ts'
import { fill, type Values } from './fill.ts'
import type { Incoming } from './incoming.ts'
import type { Issued } from './vendor-books.ts'

type Settled = TokenWords & { readonly auth: ClientAuth }
type Kind = 'exchange' | 'second' | 'refresh'

const GRANT: Readonly<Record<Kind, Params>> = {
  exchange: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
  refresh: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  second: {},
}

/** The endpoints for exchange, refresh and a second exchange. */
export function answerToken(vendor: Vendor, incoming: Incoming): Answer | null {
  const found = wordsFor(vendor, incoming)
  if (found === null) return null
  const { kind, words } = found
  const auth = authOf(words.auth, incoming)
  const expected = expectedOf(vendor, { kind, words: { ...words, auth }, incoming })
  const wrongClient = checkClient(vendor, incoming, { ...words, auth })
  if (wrongClient.length > 0) {
    refuse(vendor, kind, wrongClient)
    return answerError(vendor, vendor.dialect.errors.config[0] ?? INVALID_CLIENT)
  }
  const params = paramsOf(incoming, expected)
  const hasVerifier = kind === 'exchange' && params.has('code_verifier')
  const complete = hasVerifier
    ? { ...expected, params: { ...expected.params, code_verifier: '*' } }
    : expected
  const wrong = complaintsAbout(incoming, withBearer(complete, words, incoming), valuesOf(vendor))
  if (wrong.length > 0) return refuse(vendor, kind, wrong)
  if (vendor.fault !== null && (vendor.fault.at === 'exchange') === (kind !== 'refresh')) {
    watchReplay(vendor, kind, incoming)
    return answerError(vendor, vendor.fault.answer)
  }
  return issue(vendor, { kind, words, params, incoming })
}

/** Complains about a replay of a refresh token that may be used up, if the vendor punishes that. */
function watchReplay(vendor: Vendor, kind: Kind, incoming: Incoming): void {
  const { dialect, doubtful, fault } = vendor
  if (dialect.punishesReplay !== true || kind !== 'refresh' || fault === null) return
  const token = incoming.body.get('refresh_token') ?? ''
  if (doubtful.has(token))
    vendor.complaints.push('refresh: a token that may be used up is replayed')
  if (fault.answer.status >= 500) doubtful.add(token)
}

function wordsFor({ dialect }: Vendor, incoming: Incoming) {
  const { exchange, secondExchange, refresh } = dialect
  const isAt = (words: TokenWords | null | undefined): words is TokenWords =>
    words != null &&
    new URL(words.url).origin + new URL(words.url).pathname === incoming.address &&
    incoming.method !== 'DELETE'
  const hasCode = incoming.body.has('code') || incoming.query.has('code')
  if (isAt(exchange) && (hasCode || !isAt(refresh))) {
    return { kind: 'exchange' as const, words: exchange }
  }
  if (isAt(secondExchange) && !isAt(refresh)) {
    return { kind: 'second' as const, words: secondExchange }
  }
  return isAt(refresh) ? { kind: 'refresh' as const, words: refresh } : null
}

function expectedOf(
  vendor: Vendor,
  asked: { readonly kind: Kind; readonly words: Settled; readonly incoming: Incoming },
): Expected {
  const { kind, words, incoming } = asked
  const own = credentials(words.auth, vendor.client)
  const { refresh_token: _, ...bare } = GRANT[kind]
  return {
    url: words.url,
    method: words.mayBeGet === true ? incoming.method : (words.method ?? 'POST'),
    formats: words.formats,
    params: {
      ...(words.tokenInHeader ? bare : GRANT[kind]),
      ...own.params,
      ...words.params,
    },
    tolerated: words.tolerated ?? [],
    headers: words.headers ?? {},
    authorization: own.authorization,
  }
}

/** Checks the client before all other parameters. */
function checkClient(vendor: Vendor, incoming: Incoming, words: Settled): readonly string[] {
  const { authorization } = credentials(words.auth, vendor.client)
  if (words.tokenInHeader) return []
  const sent = incoming.headers['authorization'] ?? null
  return sent === authorization ? [] : [`the client proves itself by ${sent}`]
}

function withBearer(expected: Expected, words: TokenWords, incoming: Incoming): Expected {
  if (!words.tokenInHeader) return expected
  const sent = incoming.headers['authorization'] ?? ''
  return { ...expected, authorization: /^Bearer \S+$/.test(sent) ? sent : 'Bearer {refreshToken}' }
}

type Asked = {
  readonly kind: Kind
  readonly words: TokenWords
  readonly params: URLSearchParams
  readonly incoming: Incoming
}

function issue(vendor: Vendor, asked: Asked): Answer {
  const { kind, words } = asked
  const { errors } = vendor.dialect
  const issued = issuedFor(vendor, asked)
  if (issued === null) {
    vendor.complaints.push(`${kind}: the grant is not known`)
    const first = kind === 'exchange' ? errors.code?.[0] : errors.dead[0]
    return answerError(vendor, first ?? INVALID_GRANT)
  }
  const values = { ...valuesOf(vendor), ...valuesIn(vendor, issued) }
  return { status: words.status ?? 200, body: fill(words.answer, values) }
}

function issuedFor({ books }: Vendor, { kind, words, params, incoming }: Asked): Issued | null {
  // The client credentials grant has no code.
  if (words.params?.['code'] === null) return books.give([])
  if (kind === 'exchange')
    return books.redeem(params.get('code') ?? '', params.get('code_verifier'))
  const name = Object.entries({ ...GRANT[kind], ...words.params }).find(
    ([, value]) => value === '{refreshToken}' || value === '{accessToken}',
  )?.[0]
  const token = words.tokenInHeader
    ? (incoming.headers['authorization'] ?? '').slice('Bearer '.length)
    : (params.get(name ?? '') ?? '')
  // If an access token renews itself, the first renewal starts from the exchanged token.
  if (kind === 'second') return books.exchange(token)
  return books.refresh(token) ?? (books.latest.accessToken === token ? books.exchange(token) : null)
}

function valuesIn(vendor: Vendor, issued: Issued): Values {
  const { dialect, now } = vendor
  const seconds = Math.floor(now() / 1000)
  const end = seconds + (dialect.lifetimes.access ?? 0)
  const scope = issued.scope.map((name) => dialect.scopes?.spelled?.[name] ?? name)
  return {
    accessToken: issued.accessToken,
    refreshToken: issued.refreshToken,
    scope: scope.join(dialect.scopes?.separator ?? ' '),
    scopeBySpaces: scope.join(' '),
    scopeByCommas: scope.join(','),
    scopeList: scope,
    nowSeconds: seconds,
    endSeconds: end,
    endIso: new Date(end * 1000).toISOString(),
    idToken: idTokenFor(vendor, issued, seconds),
  }
}

function idTokenFor({ dialect, client }: Vendor, issued: Issued, seconds: number) {
  const { openid } = dialect
  if (openid === undefined) return undefined
  if (openid.always !== true && !issued.scope.includes('openid')) return undefined
  const nonce = openid.nonce && issued.nonce !== null ? { nonce: issued.nonce } : {}
  return jwt(
    claimsFor(openid.issuer, {
      sub: dialect.account.id,
      aud: client.id,
      iat: seconds,
      exp: seconds + 300,
      ...nonce,
      ...(openid.claims as object),
    }),
  )
}
