import { type Caller, reachesProvider } from '../core/access.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports } from '../ports.ts'

export function listProviders(
  ports: Pick<Ports, 'providers'>,
  caller: Caller,
): readonly Provider[] {
  return [...ports.providers.values()].filter(({ id }) => reachesProvider(caller, id))
}
