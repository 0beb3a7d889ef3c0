/**
 * Lets other work run between two steps of a loop. SQLite queries never yield to the event loop, so
 * a loop of queries would block every caller until the loop ends.
 */
export function yieldTurn(clock: { sleep(ms: number): Promise<void> }): Promise<void> {
  return clock.sleep(0)
}
