import { parseConnectionId, type ProviderId, type UserId } from '../../../core/base/ids.ts'
import { getToken, type ServedToken, type TokenRequest } from '../../../vault/tokens/get-token.ts'
import { type EndpointCall, endpoint, ok } from '../endpoint.ts'
import { anyId, providerId, queryDefault, text, userId, wholeNumber } from '../fields.ts'
import { accessTokenText, presentAccessToken } from '../present.ts'
import { tokenShape } from '../wire.ts'

const demand = {
  minTtlSeconds: queryDefault(wholeNumber(0, 86_400), 60).describe(
    'How long the token must live at least.',
  ),
  rejected: text(1, 128)
    .optional()
    .describe("The tokenId of a token that the provider's API refused: it is not served again."),
}

const common = {
  method: 'get',
  permission: 'tokens:read',
  // A token read may refresh the token.
  head: 'refused',
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
    handle: async (call, { params, query }) =>
      ok(presentAccessToken(await readById(call, params, query), call.ports)),
    fast: async (call, { params, query }) =>
      accessTokenText(await readById(call, params, query), call.ports),
  }),
  endpoint({
    ...common,
    id: 'getUserToken',
    path: '/v1/users/{userId}/oauth/{provider}/token',
    summary: "A fresh access token of a user's connection",
    params: { userId, provider: providerId },
    query: { ...demand, account: text(1, 256).optional() },
    errors: [...failures, 'several_accounts'],
    handle: async (call, { params, query }) =>
      ok(presentAccessToken(await readByUser(call, params, query), call.ports)),
    fast: async (call, { params, query }) =>
      accessTokenText(await readByUser(call, params, query), call.ports),
  }),
]

type Demand = { readonly minTtlSeconds: number; readonly rejected?: string | undefined }

function readById(call: EndpointCall, { id }: { readonly id: string }, wanted: Demand) {
  return read(call, wanted, { id: parseConnectionId(id) })
}

function readByUser(
  call: EndpointCall,
  user: { readonly userId: UserId; readonly provider: ProviderId },
  wanted: Demand & { readonly account?: string | undefined },
) {
  return read(call, wanted, { ...user, account: wanted.account ?? null })
}

function read(
  { ports, caller }: EndpointCall,
  { minTtlSeconds, rejected }: Demand,
  target: TokenRequest['target'],
): Promise<ServedToken> {
  return getToken(ports, caller, { target, minTtlSeconds, rejected: rejected ?? null })
}
