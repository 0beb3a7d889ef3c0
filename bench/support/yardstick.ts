import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'

export type Yardstick = Child & { readonly url: string }

/** Starts a server of `bench/yardsticks/` on the core for servers. */
export async function startYardstick(
  name: 'bare-koa' | 'raw-cold-read',
  words: readonly string[],
): Promise<Yardstick> {
  const file = fileURLToPath(new URL(`../yardsticks/${name}.ts`, import.meta.url))
  const child = await startChild([file, ...words], { isServer: true })
  const { port } = await child.ask<AddressInfo>('address')
  return { ...child, url: `http://127.0.0.1:${port}` }
}
