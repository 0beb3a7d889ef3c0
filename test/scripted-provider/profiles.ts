import type { DialectName } from './dialects.ts'

/** How a provider treats refresh tokens. */
export type Profile = {
  /** What a refresh brings: no refresh token, the same one again, or a new one. */
  readonly rotation: 'none' | 'same' | 'new'
  /** How long a token that was rotated away still works. */
  readonly grace: 'none' | 'time' | 'until-used'
  /** For `time`. */
  readonly graceMs: number
  /** What such a token brings: the pair that it brought before, or another new one. */
  readonly graceAnswer: 'same' | 'new'
  /** What a spent token without grace does. */
  readonly reuse: 'refuse' | 'revoke-family'
  /** Whether a refresh ends the access token before it. */
  readonly endsPreviousAccessToken: boolean
  readonly accessTokenSeconds: number
  /** How many client secrets are accepted at first. */
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
  /** Google, HubSpot, Dropbox: the refresh token stays, and a refresh does not mention it. */
  plain: { ...STRICT, rotation: 'none', reuse: 'refuse' },
  /** Good for one use; a second use takes the whole family (RFC 9700 §4.14.2). */
  strict: STRICT,
  /** As strict, but for a while a spent token brings the same pair once more: WorkOS, Okta. */
  grace: { ...STRICT, grace: 'time', graceMs: 30_000 },
  /** Doorkeeper, Cloudflare: the old token works until the new access token is seen in use. */
  'grace-until-used': { ...STRICT, grace: 'until-used', graceAnswer: 'new', reuse: 'refuse' },
  /** The refresh token is answered again, unchanged. */
  'same-token': { ...STRICT, rotation: 'same', reuse: 'refuse' },
  /** Slack with token rotation: every error is a 200 with `ok: false`. */
  'slack-200': { ...STRICT, reuse: 'refuse', accessTokenSeconds: 43_200, dialect: 'slack' },
  /** A GitHub app: errors with 200, form-encoded unless JSON is asked for, one access token at a time. */
  'github-200': {
    ...STRICT,
    reuse: 'refuse',
    endsPreviousAccessToken: true,
    accessTokenSeconds: 28_800,
    dialect: 'github',
  },
  /** As strict; while a client secret is replaced, the old and the new one are accepted. */
  'confidential-secret-list': { ...STRICT, secrets: 2 },
} as const satisfies Record<string, Profile>
