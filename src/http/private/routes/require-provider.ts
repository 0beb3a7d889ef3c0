import { VaultError } from '../../../core/base/errors.ts'
import type { ProviderId } from '../../../core/base/ids.ts'
import { NOT_CONFIGURED } from '../../../core/connection/provider.ts'
import type { Ports } from '../../../ports/ports.ts'

/**
 * Throws `not_found` if the provider in a path is unknown. An unknown provider in a body is a bad
 * value instead.
 */
export function requireProvider(ports: Pick<Ports, 'providers'>, id: ProviderId): void {
  if (!ports.providers.has(id))
    throw new VaultError('not_found', `no such provider: it ${NOT_CONFIGURED}`)
}
