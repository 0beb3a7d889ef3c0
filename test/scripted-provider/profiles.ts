import type { DialectName } from './dialects.ts'

/** How a provider treats refresh tokens. */
export type Profile = {
  /** Whether a refresh returns no refresh token, the same one, or a new one. */
  readonly rotation: 'none' | 'same' | 'new'
  /** How long a replaced refresh token still works. */
  readonly grace: 'none' | 'time' | 'until-used'
  /** The duration, for `time`. */
  readonly graceMs: number
  /** Whether such a token returns the same pair as before, or a new one. */
  readonly graceAnswer: 'same' | 'new'
  /** The effect of a used token without grace. */
  readonly reuse: 'refuse' | 'revoke-family'
  /** Whether a refresh ends the access token before it. */
  readonly endsPreviousAccessToken: boolean
  readonly accessTokenSeconds: number
  /** Number of client secrets that are accepted at first. */
  readonly secrets: 1 | 2
  readonly dialect: DialectName
}

const STRICT: Profile = {
  rotation: 'new',
  grace: 'none',
  graceMs: 0,
  graceAnswer: 'same',
  reuse: 'revoke-family',
  endsPreviousAccessToken: false,
  accessTokenSeconds: 3_600,
  secrets: 1,
  dialect: 'standard',
}

export type ProfileName = keyof typeof PROFILES

export const PROFILES = {
  /** Google, HubSpot, Dropbox: a refresh returns no refresh token, and the old one stays. */
  plain: { ...STRICT, rotation: 'none', reuse: 'refuse' },
  /** Single-use; a second use revokes the family (RFC 9700 §4.14.2). */
  strict: STRICT,
  /** WorkOS, Okta: like strict, but a used token returns the same pair for a while. */
  grace: { ...STRICT, grace: 'time', graceMs: 30_000 },
  /** Doorkeeper, Cloudflare: the old token works until the new access token is used. */
  'grace-until-used': { ...STRICT, grace: 'until-used', graceAnswer: 'new', reuse: 'refuse' },
  /** A refresh returns the same refresh token. */
  'same-token': { ...STRICT, rotation: 'same', reuse: 'refuse' },
  /** Slack with token rotation: every error is a 200 with `ok: false`. */
  'slack-200': { ...STRICT, reuse: 'refuse', accessTokenSeconds: 43_200, dialect: 'slack' },
  /** A GitHub app: errors with 200, form-encoded by default, only one valid access token. */
  'github-200': {
    ...STRICT,
    reuse: 'refuse',
    endsPreviousAccessToken: true,
    accessTokenSeconds: 28_800,
    dialect: 'github',
  },
  /** Like strict, during the replacement of a client secret: the old and the new one are accepted. */
  'confidential-secret-list': { ...STRICT, secrets: 2 },
} as const satisfies Record<string, Profile>
