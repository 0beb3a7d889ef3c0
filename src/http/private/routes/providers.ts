import { listProviders } from '../../../vault/operate/list-providers.ts'
import { endpoint, NO_BODY, ok } from '../endpoint.ts'
import { presentProvider } from '../present.ts'
import { providerListShape } from '../wire.ts'

export const providerEndpoints = [
  endpoint({
    id: 'listProviders',
    method: 'get',
    path: '/v1/providers',
    summary: 'List providers',
    permission: 'any',
    params: {},
    query: {},
    body: NO_BODY,
    answers: { 200: providerListShape },
    errors: [],
    handle: ({ ports, caller }) => ok({ items: listProviders(ports, caller).map(presentProvider) }),
  }),
]
