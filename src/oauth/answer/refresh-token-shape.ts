import { z } from 'zod'

/** How a provider handles refresh tokens. */
export const refreshTokens = z
  .strictObject({
    /**
     * Whether the provider issues a refresh token. `on-request`: if the preset's parameters are
     * sent. `by-setting`: if the app's settings at the provider say so.
     */
    issued: z.enum(['always', 'on-request', 'by-setting', 'never']),
    /** What to change if no refresh token is issued. Shown to the operator or developer. */
    remedy: z.string(),
    rotation: z.enum(['none', 'single-use', 'grace', 'overlap', 'sometimes', 'unknown']),
    /**
     * Whether Larder may resend a token that may already be spent. `never`: reuse ends at least the
     * grant. `within-grace`: reuse ends the grant only after `graceSeconds`.
     */
    replay: z.enum(['allowed', 'within-grace', 'never']),
    /** How long the provider still accepts a spent token. */
    graceSeconds: z.number().min(0),
    lifetimeSeconds: z.number().positive().nullable(),
    idleSeconds: z.number().positive().nullable(),
    /**
     * Maximum number of valid refresh tokens per account and client. If the provider issues another
     * one, the oldest is revoked.
     */
    perAccount: z.int().positive().nullable(),
    /** A refresh revokes the refresh tokens of the same user's other connections. */
    endsSiblings: z.boolean(),
    /** A refresh revokes the previous access token. */
    endsAccessToken: z.boolean(),
    /** The provider requires a renewal this often, even if the access token is valid for longer. */
    renewEverySeconds: z.number().positive().nullable(),
  })
  .partial()
  .readonly()
