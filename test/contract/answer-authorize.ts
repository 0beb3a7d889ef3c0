import { createHmac } from 'node:crypto'
import { type Client, complaintsAbout, type Expected } from './check-request.ts'
import type { Params } from './dialect.ts'
import { fill } from './fill.ts'
import { type Answer, refuse, type Vendor } from './vendor.ts'
import type { Incoming } from './incoming.ts'

/** The consent page. Its user consents to every correct request. */
export function answerAuthorize(vendor: Vendor, incoming: Incoming): Answer | null {
  const { dialect, client, redirectUri } = vendor
  const { authorize, openid } = dialect
  if (incoming.address !== authorize.url) return null
  const { query } = incoming
  const challenge = query.get('code_challenge')
  const expected: Expected = {
    url: authorize.url,
    method: 'GET',
    formats: ['query'],
    params: { ...protocolParams(vendor, challenge), ...authorize.params },
    tolerated: [
      ...(authorize.tolerated ?? []),
      ...(openid === undefined ? [] : ['nonce', 'login_hint']),
    ],
    headers: {},
    authorization: null,
  }
  const wrong = [
    ...complaintsAbout(incoming, expected, { clientId: client.id, redirectUri }),
    ...checkScopes(vendor, query),
    ...checkChallenge(authorize.pkce, challenge),
  ]
  if (wrong.length > 0) return refuse(vendor, 'authorize', wrong)
  return sendBack(vendor, query)
}

function protocolParams(vendor: Vendor, challenge: string | null): Params {
  const { scopes, responseMode } = vendor.dialect
  return {
    response_type: 'code',
    client_id: '{clientId}',
    redirect_uri: '{redirectUri}',
    state: '*',
    ...(challenge === null ? {} : { code_challenge: '*', code_challenge_method: 'S256' }),
    ...(responseMode === undefined ? {} : { response_mode: responseMode }),
    ...(scopes === null || scopes.sent.length === 0 ? {} : { [scopes.param ?? 'scope']: '*' }),
    ...(scopes?.second === undefined ? {} : { [scopes.second.param]: '*' }),
  }
}

function checkChallenge(pkce: 'sent' | 'omitted' | 'either', challenge: string | null) {
  if (pkce === 'either' || (pkce === 'sent') === (challenge !== null)) return []
  return [`PKCE must be ${pkce}`]
}

/** Compares scopes as sets. */
function checkScopes({ dialect }: Vendor, query: URLSearchParams): readonly string[] {
  const { scopes } = dialect
  if (scopes === null) return []
  const { separator, second } = scopes
  const check = (param: string, sent: readonly string[]) => {
    const text = query.get(param) ?? ''
    const isSame =
      JSON.stringify(text.split(separator).toSorted()) === JSON.stringify(sent.toSorted())
    return isSame || sent.length === 0 ? [] : [`${param}=${text}`]
  }
  const first = check(scopes.param ?? 'scope', scopes.sent)
  return second === undefined ? first : [...first, ...check(second.param, second.sent)]
}

function sendBack(vendor: Vendor, query: URLSearchParams): Answer {
  const { dialect, denial, redirectUri } = vendor
  const state = query.get('state') ?? ''
  const code = `${issueCode(vendor, query)}${dialect.codeSuffix ?? ''}`
  const told = denial === null ? { code } : { error: denial }
  // A vendor that signs its callbacks also signs a denial.
  const isBare = denial !== null && dialect.signature === undefined
  const scope = grantedOf(vendor).join(dialect.scopes?.separator ?? ' ')
  const extras = fill(isBare ? {} : dialect.callback, { scope }) as Record<string, string>
  const fields = { ...extras, ...told, state }
  if (dialect.responseMode === 'form_post') {
    return { status: 200, body: formOf(redirectUri, fields), headers: { 'x-form': 'post' } }
  }
  const back = new URL(redirectUri)
  for (const [name, value] of signed(vendor, fields)) back.searchParams.set(name, value)
  return { status: 302, headers: { location: back.href } }
}

function issueCode(vendor: Vendor, query: URLSearchParams): string {
  return vendor.books.issueCode({
    scope: grantedOf(vendor),
    redirectUri: query.get('redirect_uri') ?? '',
    challenge: query.get('code_challenge'),
    nonce: query.get('nonce'),
  })
}

function grantedOf({ dialect, withheld }: Vendor): readonly string[] {
  return (dialect.scopes?.sent ?? []).filter((scope) => scope !== withheld)
}

/** Shopify signs its callback with the app's secret over the sorted parameters. */
function signed(vendor: Vendor, fields: Readonly<Record<string, string>>) {
  if (vendor.dialect.signature === undefined) return Object.entries(fields)
  return Object.entries({ ...fields, hmac: signature(vendor.client, fields) })
}

export function signature(client: Client, fields: Readonly<Record<string, string>>): string {
  const message = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&')
  return createHmac('sha256', client.secret).update(message).digest('hex')
}

function formOf(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  return `<form method="post" action="${action}">${inputs.join('')}</form>`
}
