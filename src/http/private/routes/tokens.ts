import { parseConnectionId } from '../../../core/base/ids.ts'
import { getToken, type TokenRequest } from '../../../vault/tokens/get-token.ts'
import { type EndpointCall, endpoint, NO_BODY, ok } from '../endpoint.ts'
import { anyId, providerId, queryDefault, text, userId, wholeNumber } from '../fields.ts'
import { presentAccessToken } from '../present.ts'
import { tokenShape } from '../wire.ts'

export const DEFAULT_MIN_TTL_SECONDS = 60
export const MAX_MIN_TTL_SECONDS = 86_400

const demand = {
  minTtlSeconds: queryDefault(
    wholeNumber(0, MAX_MIN_TTL_SECONDS),
    DEFAULT_MIN_TTL_SECONDS,
  ).describe('How long the token must live at least.'),
  rejected: text(1, 128)
    .optional()
    .describe("The tokenId of a token that the provider's API refused: it is not served again."),
}

const common = {
  method: 'get',
  permission: 'tokens:read',
  // A read may refresh.
  head: 'refused',
  body: NO_BODY,
  answers: { 200: tokenShape },
} as const

const failures = [
  'not_found',
  'reconnect_required',
  'confirmation_required',
  'provider_misconfigured',
  'provider_unavailable',
] as const

export const tokenEndpoints = [
  endpoint({
    ...common,
    id: 'getConnectionToken',
    path: '/v1/connections/{id}/token',
    summary: 'A fresh access token of a connection',
    params: { id: anyId },
    query: demand,
    errors: failures,
    handle: (call, { params, query }) =>
      serveToken(call, { ...demanded(query), target: { id: parseConnectionId(params.id) } }),
  }),
  endpoint({
    ...common,
    id: 'getUserToken',
    path: '/v1/users/{userId}/oauth/{provider}/token',
    summary: "A fresh access token of a user's connection",
    params: { userId, provider: providerId },
    query: { ...demand, account: text(1, 256).optional() },
    errors: [...failures, 'several_accounts'],
    handle: (call, { params, query }) =>
      serveToken(call, {
        ...demanded(query),
        target: { ...params, account: query.account ?? null },
      }),
  }),
]

function demanded(query: { minTtlSeconds: number; rejected?: string | undefined }) {
  return { minTtlSeconds: query.minTtlSeconds, rejected: query.rejected ?? null }
}

async function serveToken({ ports, caller }: EndpointCall, wanted: TokenRequest) {
  const served = await getToken(ports, caller, wanted)
  return ok(presentAccessToken(served, ports, ports.clock.now()))
}
