import { setTimeout as wait } from 'node:timers/promises'
import { monotonicMs } from './clock.ts'
import type { RequestRecord } from './request-log.ts'
import type { Script } from './rules.ts'
import type { World } from './world.ts'

type Companions = Script['companions']
type Kill = Extract<Companions[number], { act: 'kill' }>

/** Applies the companions of a request: delays, holds, and kills of a process. */
export function applyCompanions(world: World, companions: Companions, record: RequestRecord) {
  const once = (moment: Kill['once']): void => {
    for (const deed of companions) {
      if (deed.act === 'kill' && deed.once === moment) void kill(world, deed, record)
    }
  }
  once('arrived')
  return {
    once,
    async before(step: 'processing' | 'answer'): Promise<void> {
      for (const deed of companions) {
        if (deed.act === 'kill' || deed.before !== step) continue
        const signal = heldBy(world, deed.rule)
        const ms = deed.act === 'delay' ? deed.ms : LONGEST_MS
        await wait(ms, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

const LONGEST_MS = 2 ** 31 - 1

function heldBy(world: World, rule: number): AbortSignal {
  const gate = world.held.get(rule) ?? new AbortController()
  world.held.set(rule, gate)
  return AbortSignal.any([gate.signal, world.end.signal])
}

const NEVER_CHANGED = new Int32Array(new SharedArrayBuffer(4))

/**
 * Waits with sub-millisecond precision, which a timer does not have. The wait sleeps instead of
 * spinning, so that the process to be killed has the processor, as with a remote provider.
 */
async function kill(world: World, deed: Kill, record: RequestRecord): Promise<void> {
  const due = monotonicMs() + deed.afterMs
  const { signal } = world.end
  if (deed.afterMs > 20) {
    await wait(deed.afterMs - 10, undefined, { signal }).catch(() => undefined)
  }
  if (signal.aborted) return
  while (monotonicMs() < due) Atomics.wait(NEVER_CHANGED, 0, 0, due - monotonicMs())
  try {
    process.kill(deed.pid, 'SIGKILL')
    world.kills.push({ pid: deed.pid, at: world.clock.now(), request: record.id })
  } catch {
    // The process has already ended.
  }
}
