import { type ConnectLink, linkStatus, type LinkStatus } from '../../core/connect/flow.ts'
import { type ErrorCode, VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import { digest } from '../../core/base/digest.ts'
import { requestedScope } from './begin-flow.ts'

export type OpenedLink = {
  readonly link: ConnectLink
  readonly providers: readonly { readonly provider: Provider; readonly scopes: readonly string[] }[]
}

/**
 * Returns the data for the connect page, and changes nothing. `secret` comes from the link's URL.
 * Throws `VaultError`: not_found, link_used, link_expired, link_superseded, link_withdrawn.
 */
export async function openLink(
  ports: Pick<Ports, 'clock' | 'store' | 'providers'>,
  secret: string,
): Promise<OpenedLink> {
  const link = await ports.store.linkBySecretHash(digest(secret))
  if (link === null) throw new VaultError('not_found', 'no such link')
  requirePending(linkStatus(link, ports.clock.now()))
  const known = link.providers.flatMap((id) => ports.providers.get(id) ?? [])
  const providers = await Promise.all(
    known.map(async (provider) => ({
      provider,
      scopes:
        provider.connectsBy === 'link' ? await requestedScope(ports, provider, link.request) : [],
    })),
  )
  return { link, providers }
}

/** A started flow may finish even if its link has been superseded or has expired. */
export function requireUnused({ state }: ConnectLink): void {
  if (state.status !== 'superseded') requirePending(state.status)
}

export function requirePending(status: LinkStatus): asserts status is 'pending' {
  if (status === 'pending') return
  const [code, detail] = UNUSABLE[status]
  throw new VaultError(code, detail)
}

const UNUSABLE = {
  awaiting_confirmation: ['link_used', 'the link has been used'],
  completed: ['link_used', 'the link has been used'],
  expired: ['link_expired', 'the link has expired'],
  superseded: ['link_superseded', 'a newer link has replaced this one'],
  withdrawn: ['link_withdrawn', 'the link has been withdrawn'],
} as const satisfies Record<Exclude<LinkStatus, 'pending'>, readonly [ErrorCode, string]>
