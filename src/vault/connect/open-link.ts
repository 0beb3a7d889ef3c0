import { type ConnectLink, linkStatus, type LinkStatus } from '../../core/connect/flow.ts'
import { type ErrorCode, VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import { digest } from '../../core/base/digest.ts'
import { requestedScope } from './requested-scope.ts'

export type OpenedLink = {
  readonly link: ConnectLink
  readonly providers: readonly { readonly provider: Provider; readonly scopes: readonly string[] }[]
}

/**
 * What the connect page shows. Reads only, however often it is asked. `secret` is the URL's.
 * Throws `VaultError`: not_found, link_used, link_expired, link_superseded, link_withdrawn.
 */
export async function openLink(
  ports: Pick<Ports, 'clock' | 'store' | 'providers'>,
  secret: string,
): Promise<OpenedLink> {
  const link = await ports.store.linkBySecretHash(digest(secret))
  if (link === null) throw new VaultError('not_found', 'no such link')
  const problem = LINK_PROBLEM[linkStatus(link, ports.clock.now())]
  if (problem !== null) throw new VaultError(problem, LINK_DETAIL[problem])
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

type LinkProblem = Extract<ErrorCode, `link_${string}`>

export const LINK_PROBLEM: Record<LinkStatus, LinkProblem | null> = {
  pending: null,
  awaiting_confirmation: 'link_used',
  completed: 'link_used',
  expired: 'link_expired',
  superseded: 'link_superseded',
  withdrawn: 'link_withdrawn',
}

export const LINK_DETAIL: Record<LinkProblem, string> = {
  link_used: 'the link has been used',
  link_expired: 'the link has expired',
  link_superseded: 'a newer link has taken its place',
  link_withdrawn: 'the link has been withdrawn',
}
