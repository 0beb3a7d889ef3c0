import { z } from 'zod'

/** What a preset says of a provider's refresh tokens. */
export const refreshTokens = z
  .strictObject({
    /** `on-request`: by what the preset sends; `by-setting`: by the app's settings at the provider. */
    issued: z.enum(['always', 'on-request', 'by-setting', 'never']),
    /** What to change where none comes, said to whoever connects. */
    remedy: z.string(),
    rotation: z.enum(['none', 'single-use', 'grace', 'overlap', 'sometimes', 'unknown']),
    /**
     * Whether a token that may be spent is presented again. `never`: reuse ends the grant or worse;
     * `within-grace`: reuse ends it once `graceSeconds` are over.
     */
    replay: z.enum(['allowed', 'within-grace', 'never']),
    /** How long a spent token is still answered. */
    graceSeconds: z.number().min(0),
    lifetimeSeconds: z.number().positive().nullable(),
    idleSeconds: z.number().positive().nullable(),
    /** Live refresh tokens of one account at one client; one more ends the oldest. */
    perAccount: z.int().positive().nullable(),
    /** A refresh ends those of the same user's other connections. */
    endsSiblings: z.boolean(),
    /** A refresh ends the access token before it. */
    endsAccessToken: z.boolean(),
    /** The provider asks to renew so often, however long the access token lives. */
    renewEverySeconds: z.number().positive().nullable(),
  })
  .partial()
  .readonly()
