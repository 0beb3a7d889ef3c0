import { setTimeout as wait } from 'node:timers/promises'
import { startChild } from './child.ts'
import { type Memory, memoryOf } from './proc.ts'

const SETTLED_AFTER_MS = 2_000

/** How long Node takes to start, run an empty script and end. */
export async function bareStartMs(): Promise<number> {
  const began = performance.now()
  await using node = await startChild(['-e', '0'], { isServer: true })
  await node.ended
  return performance.now() - began
}

/** Runs `work` with the id of a Node that wakes each second and does nothing. */
export async function besideIdleNode<T>(work: (pid: number) => Promise<T>): Promise<T> {
  await using node = await startChild(['-e', 'setInterval(() => {}, 1e3)'], { isServer: true })
  return await work(node.pid)
}

/** The memory of a Node that runs and does nothing. */
export async function bareMemory(): Promise<Memory> {
  await using node = await startChild(['-e', 'setInterval(() => {}, 1e9)'], { isServer: true })
  await wait(SETTLED_AFTER_MS)
  return await memoryOf(node.pid)
}
