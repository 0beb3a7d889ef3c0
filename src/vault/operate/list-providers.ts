import { type Caller, reachesProvider } from '../../core/base/access.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'

export function listProviders(
  ports: Pick<Ports, 'providers'>,
  caller: Caller,
): readonly Provider[] {
  return [...ports.providers.values()].filter(({ id }) => reachesProvider(caller, id))
}
