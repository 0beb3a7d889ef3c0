import { refresh, type RefreshNeeds } from './refresh.ts'

const AT_ONCE = 1_000

/**
 * At start, before anything else is refreshed: attempts whose outcome a crash swallowed are shown to
 * the provider again while its grace lasts. Older ones wait for their turn like any other.
 */
export async function replayAttempts(ports: RefreshNeeds): Promise<number> {
  const open = await ports.store.openAttempts(AT_ONCE)
  const now = ports.clock.now()
  const fresh = open.filter(({ attempt, provider }) => {
    const graceMs = ports.providers.get(provider)?.refresh.graceMs ?? 0
    return attempt !== null && Math.abs(now - attempt.sentAt) <= graceMs
  })
  for (const connection of fresh) {
    const { id, provider } = connection
    refresh(ports, connection, 'asked').catch((error: unknown) => {
      ports.observer.refreshBroke({ id, provider, error })
    })
  }
  return fresh.length
}
