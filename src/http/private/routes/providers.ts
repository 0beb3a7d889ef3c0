import { listProviders } from '../../../vault/operate/list-providers.ts'
import { endpoint, ok } from '../endpoint.ts'
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
    answers: { 200: providerListShape },
    handle: ({ ports, caller }) => ok({ items: listProviders(ports, caller).map(presentProvider) }),
  }),
]
