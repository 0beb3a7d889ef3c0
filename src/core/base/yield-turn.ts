/**
 * Lets other work run between two steps of a loop. SQLite answers without a turn of the event loop, so
 * a loop of queries would otherwise block every caller until its end.
 */
export function yieldTurn(clock: { sleep(ms: number): Promise<void> }): Promise<void> {
  return clock.sleep(0)
}
