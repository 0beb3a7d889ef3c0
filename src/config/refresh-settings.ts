import { z } from 'zod'
import { DEFAULT_REFRESH_POLICY, type RefreshPolicy } from '../core/refresh/refresh-policy.ts'
import type { Findings } from './findings.ts'

/** The section `refresh` of larder.yaml. */
export const refreshSchema = z.strictObject({
  concurrencyPerProvider: between(1, 64).int({ error: 'must be a whole number' }).default(4),
  ratePerSecond: between(1, 1000).default(20),
  marginSeconds: between(1, 86_400).default(DEFAULT_REFRESH_POLICY.marginMs / 1000),
  marginShare: between(0, 0.5).default(DEFAULT_REFRESH_POLICY.marginShare),
  backoffFirstSeconds: between(1, 3600).default(DEFAULT_REFRESH_POLICY.backoffFirstMs / 1000),
  backoffLongestSeconds: between(1, 86_400).default(DEFAULT_REFRESH_POLICY.backoffLongestMs / 1000),
  deadlineSeconds: between(1, 300).default(DEFAULT_REFRESH_POLICY.deadlineMs / 1000),
  leaseSeconds: between(5, 900).default(DEFAULT_REFRESH_POLICY.leaseMs / 1000),
  keepFreshDays: between(1, 3650).nullable().default(null),
})

const DAY_MS = 24 * 3_600_000

export type RefreshSettings = z.output<typeof refreshSchema>

export const DEFAULT_REFRESH_SETTINGS: RefreshSettings = refreshSchema.parse({})

/** Returns the refresh policy. Records a problem if settings contradict each other. */
export function refreshPolicy(settings: RefreshSettings, findings: Findings): RefreshPolicy {
  if (settings.backoffLongestSeconds < settings.backoffFirstSeconds) {
    findings.problem('refresh.backoffLongestSeconds', 'must not be below backoffFirstSeconds')
  }
  // A refresh and its replay must end before another process can take the lease.
  if (settings.leaseSeconds < 2 * settings.deadlineSeconds + 5) {
    findings.problem('refresh.leaseSeconds', 'must be at least twice deadlineSeconds plus 5')
  }
  return {
    marginMs: settings.marginSeconds * 1000,
    marginShare: settings.marginShare,
    backoffFirstMs: settings.backoffFirstSeconds * 1000,
    backoffLongestMs: settings.backoffLongestSeconds * 1000,
    deadlineMs: settings.deadlineSeconds * 1000,
    leaseMs: settings.leaseSeconds * 1000,
    keepFreshMs: settings.keepFreshDays === null ? null : settings.keepFreshDays * DAY_MS,
  }
}

function between(least: number, most: number) {
  const error = `must be a number from ${least} to ${most}`
  return z.number({ error }).min(least, { error }).max(most, { error })
}
