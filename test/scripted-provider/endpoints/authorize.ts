import { type Asked, type Outcome, success, type World } from '../world.ts'

const CODE_LIVES_MS = 60_000

/** RFC 6749 §4.1.1 with a preset decision of the user: a redirect to the client, or an error page. */
export function authorize(world: World, { params }: Asked): Outcome {
  const redirectUri = params.get('redirect_uri') ?? ''
  const known = params.get('client_id') === world.settings.client.id
  if (!known || !URL.canParse(redirectUri)) return refusedPage('invalid_request')
  const answer = answerOf(world, params, redirectUri)
  const callback = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) {
    if (value !== null) callback.searchParams.set(name, value)
  }
  const headers = { location: callback.href }
  return { ...success(null), reply: { status: 302, headers, json: null } }
}

type Parameters = Readonly<Record<string, string | null>>

function answerOf(world: World, params: Asked['params'], redirectUri: string): Parameters {
  const always = {
    state: params.get('state') ?? null,
    iss: world.settings.namesIssuer ? world.origin : null,
  }
  const method = params.get('code_challenge_method')
  const challenge = params.get('code_challenge') ?? null
  if (params.get('response_type') !== 'code') {
    return { ...always, error: 'unsupported_response_type' }
  }
  if (challenge !== null && method !== 'S256') return { ...always, error: 'invalid_request' }
  if (world.consent.kind === 'error') {
    const { error, description = null } = world.consent
    return { ...always, error, error_description: description }
  }
  const code = issueCode(world, { scope: params.get('scope') ?? '', redirectUri, challenge })
  return { ...always, code, ...world.consent.params }
}

function issueCode(
  world: World,
  request: {
    readonly scope: string
    readonly redirectUri: string
    readonly challenge: string | null
  },
): string {
  const now = world.clock.now()
  for (const [old, { expiresAt }] of world.codes) {
    // All codes have the same lifetime, so the map is in the order of their expiry.
    if (expiresAt + CODE_LIVES_MS > now) break
    world.codes.delete(old)
  }
  const place = { kind: 'code', family: 0, ordinal: world.codesIssued++ } as const
  const code = world.tokens.write(place)
  const { account } = world
  world.codes.set(code, { ...request, account, expiresAt: now + CODE_LIVES_MS, family: null })
  return code
}

function refusedPage(error: string): Outcome {
  return { ...success({ error }), reply: { status: 400, headers: {}, json: { error } } }
}
