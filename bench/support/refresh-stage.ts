import type { Installation } from '../../test/support/larder-process.ts'
import type { Bench } from '../scenario.ts'
import { connectionId } from './connections.ts'
import { benchInstallation } from './installation.ts'
import { requestBytes } from './load.ts'
import { startTokenServer, type TokenServer } from './start-token-server.ts'

export const MOST_CONNECTIONS = 20_000

export type RefreshStage = AsyncDisposable & {
  readonly tokens: TokenServer
  readonly at: Installation
  readonly size: number
  /** The bytes of a request that forces a refresh, each of the next connection. */
  readonly next: () => string
}

/** A vault and the token endpoint that refreshes its connections. The daemon is not started. */
export async function refreshStage(bench: Bench): Promise<RefreshStage> {
  await using parts = new AsyncDisposableStack()
  const size = Math.min(MOST_CONNECTIONS, bench.size)
  const tokens = parts.use(await startTokenServer())
  const at = parts.use(await benchInstallation(bench, { size, tokenEndpoint: tokens.url }))
  const bytes = requestBytes(at, 'POST')
  let n = 0
  const next = () => bytes(`/v1/connections/${connectionId(n++ % size)}/refresh`)
  const all = parts.move()
  return { tokens, at, size, next, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
