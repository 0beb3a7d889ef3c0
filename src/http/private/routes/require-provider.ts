import { VaultError } from '../../../core/base/errors.ts'
import type { ProviderId } from '../../../core/base/ids.ts'
import { NOT_CONFIGURED } from '../../../core/connection/provider.ts'
import type { Ports } from '../../../ports/ports.ts'

/**
 * For a provider in a path: an unknown one is reported as not found. In a body, it is a bad value.
 */
export function requireProvider(ports: Pick<Ports, 'providers'>, id: ProviderId): void {
  if (!ports.providers.has(id))
    throw new VaultError('not_found', `no such provider: it ${NOT_CONFIGURED}`)
}
