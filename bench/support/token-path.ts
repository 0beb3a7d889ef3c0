import { randomInt } from 'node:crypto'
import { connectionId } from './connections.ts'

export function tokenPath(n: number): string {
  return `/v1/connections/${connectionId(n)}/token`
}

/** The paths of tokens of random connections, each connection as likely as any other. */
export function randomTokenPaths(size: number): () => string {
  // Made before the load, because the load generator must be faster than the server.
  const paths = Array.from({ length: Math.min(size, 200_000) }, () => tokenPath(randomInt(size)))
  let at = 0
  return () => paths[at++ % paths.length] ?? ''
}
