import type { Instant, ProviderId } from '../base/ids.ts'

/** How late the most overdue refresh is. Ignores providers that are not configured. */
export function overdueMs(
  oldestDue: readonly { readonly provider: ProviderId; readonly dueAt: Instant }[],
  configured: { has(provider: ProviderId): boolean },
  now: Instant,
): number {
  const due = oldestDue.filter(({ provider }) => configured.has(provider))
  return due.reduce((most, { dueAt }) => Math.max(most, now - dueAt), 0)
}
