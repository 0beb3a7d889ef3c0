import type { Observer } from '../../src/ports/observer.ts'

export type Observed = {
  readonly what: keyof Observer
  readonly about: Readonly<Record<string, unknown>>
}

/** An observer that records all events in order. */
export function recordingObserver(): {
  readonly observer: Observer
  readonly observed: Observed[]
} {
  const observed: Observed[] = []
  const hear = (what: string) => (about: Observed['about']) =>
    void observed.push({ what: what as keyof Observer, about })
  const observer = new Proxy({}, { get: (_, what) => hear(String(what)) }) as Observer
  return { observer, observed }
}
