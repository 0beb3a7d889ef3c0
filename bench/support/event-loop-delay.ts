import { monitorEventLoopDelay } from 'node:perf_hooks'

export type Delays = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number }

const RESOLUTION_MS = 1
const NS_PER_MS = 1e6

/** Records the delay of this process's event loop until the result is called. */
export function startDelays(): () => Delays {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return () => {
    histogram.disable()
    return {
      p50Ms: delayMs(histogram.percentile(50)),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    }
  }
}

/** The histogram records the time between two timers, their interval included. */
function delayMs(ns: number): number {
  return Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
}
