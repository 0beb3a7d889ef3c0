import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import type { Answered } from './token-server.ts'

export type TokenServer = Child & {
  readonly url: string
  readonly takeAnswers: () => Promise<readonly Answered[]>
}

/** Starts the token endpoint of the benchmark in a process of its own, on the core for load. */
export async function startTokenServer(): Promise<TokenServer> {
  const file = fileURLToPath(new URL('token-server.ts', import.meta.url))
  const child = await startChild([file], { isServer: false })
  return {
    ...child,
    url: await child.ask<string>({ kind: 'url' }),
    takeAnswers: () => child.ask<readonly Answered[]>({ kind: 'take answers' }),
  }
}
