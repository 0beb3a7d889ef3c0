import { setTimeout as wait } from 'node:timers/promises'

/** Polls until the answer is neither null, undefined nor false. Throws the awaited condition at the bound. */
export async function until<T>(
  awaited: string,
  ask: () => Promise<T> | T,
  withinMs = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) {
      return answer as NonNullable<Exclude<T, false>>
    }
    if (performance.now() > giveUpAt) throw new Error(`timed out waiting for: ${awaited}`)
    await wait(20)
  }
}
