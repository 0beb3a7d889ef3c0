import { z } from 'zod'

/** How a provider handles refresh tokens. */
export const refreshTokens = z
  .strictObject({
    /**
     * `on-request`: because of parameters that the preset sends; `by-setting`: because of the app's
     * settings at the provider.
     */
    issued: z.enum(['always', 'on-request', 'by-setting', 'never']),
    /** What to change if none is issued; shown to the operator or developer. */
    remedy: z.string(),
    rotation: z.enum(['none', 'single-use', 'grace', 'overlap', 'sometimes', 'unknown']),
    /**
     * Whether a token that may be spent is sent again. `never`: reuse ends the grant or worse;
     * `within-grace`: reuse ends it after `graceSeconds`.
     */
    replay: z.enum(['allowed', 'within-grace', 'never']),
    /** How long a spent token is still accepted. */
    graceSeconds: z.number().min(0),
    lifetimeSeconds: z.number().positive().nullable(),
    idleSeconds: z.number().positive().nullable(),
    /** The most live refresh tokens of one account at one client; one more ends the oldest. */
    perAccount: z.int().positive().nullable(),
    /** A refresh ends the refresh tokens of the same user's other connections. */
    endsSiblings: z.boolean(),
    /** A refresh ends the previous access token. */
    endsAccessToken: z.boolean(),
    /** The provider requires a renewal this often, however long the access token lives. */
    renewEverySeconds: z.number().positive().nullable(),
  })
  .partial()
  .readonly()
