import type { Caller } from '../core/access.ts'
import type { Instant, ProviderId, UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

/** The host app owns the callback: verifier and state's hash stay here, the URL goes out. */
export async function beginHeadless(
  _ports: Ports,
  _caller: Caller,
  _demand: {
    readonly userId: UserId
    readonly provider: ProviderId
    readonly callbackUrl: string
    readonly email: string | null
    readonly state: string | null
    readonly scope: readonly string[] | null
    readonly params: Readonly<Record<string, string>>
  },
): Promise<{ readonly url: string; readonly state: string; readonly expiresAt: Instant }> {
  throw new Error('not written yet')
}
