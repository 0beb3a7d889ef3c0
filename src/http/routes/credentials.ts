import { z } from 'zod'
import type { Instant } from '../../core/ids.ts'
import * as field from '../fields.ts'

/** The ten years after which nobody asks. */
const LONGEST_LIFE_SECONDS = 315_360_000

export const importBody = field.withRule(
  field.withRule(
    z.strictObject({
      userId: field.userId,
      provider: field.providerId,
      accessToken: field.maybe(field.secretText),
      refreshToken: field.maybe(field.secretText),
      scope: field.maybe(field.scope),
      expiresAt: field.maybe(field.instant),
      expiresInSeconds: field.maybe(z.int().min(0).max(LONGEST_LIFE_SECONDS)),
      email: field.maybe(field.email),
      accountId: field.maybe(field.text(1, 256)),
      client: field.maybe(field.client),
      params: field.otherwise(field.providerParams, {}),
      label: field.maybe(field.label),
      metadata: field.maybe(field.metadata),
    }),
    {
      field: 'accessToken',
      detail: 'is required where there is no refreshToken',
      holds: ({ accessToken, refreshToken }) => accessToken != null || refreshToken != null,
    },
  ),
  {
    field: 'expiresInSeconds',
    detail: 'must not be given together with expiresAt',
    holds: ({ expiresAt, expiresInSeconds }) => expiresAt == null || expiresInSeconds == null,
  },
)

/** What may come of handing credentials in. */
export const CREDENTIAL_ERRORS = [
  'not_found',
  'conflict',
  'provider_misconfigured',
  'provider_unavailable',
] as const

/** When the access token that is handed in ends; durations count from now. */
export function expiryOf(
  given: { readonly expiresAt: Instant | null; readonly expiresInSeconds: number | null },
  now: Instant,
): Instant | null {
  return given.expiresInSeconds === null ? given.expiresAt : now + given.expiresInSeconds * 1000
}
