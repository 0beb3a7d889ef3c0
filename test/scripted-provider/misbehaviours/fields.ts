import type { Json } from '../dialects.ts'
import type { Misbehaviour } from '../misbehaviour.ts'

const edit = (set: Json, really: { readonly lifeSeconds?: number } = {}): Misbehaviour => ({
  act: 'edit',
  set,
  ...really,
})

/** Without a stated lifetime, the token lives long. */
const UNSTATED = { lifeSeconds: 400 * 86_400 } as const

/** The answer has no usable refresh token, so the old one stays (RFC 6749 §6). */
const refreshToken = (value: unknown): Misbehaviour => ({
  act: 'edit',
  set: { refresh_token: value },
  rotates: false,
})

/** A successful answer with one unusual field. */
export const FIELDS = {
  'lifetime-as-text': edit({ expires_in: '3600' }, { lifeSeconds: 3_600 }),
  'lifetime-with-space': edit({ expires_in: '3600 ' }, { lifeSeconds: 3_600 }),
  'lifetime-fraction': edit({ expires_in: 3599.75 }, { lifeSeconds: 3_600 }),
  'lifetime-zero': edit({ expires_in: 0 }),
  'lifetime-negative': edit({ expires_in: -1 }),
  'lifetime-tiny': edit({ expires_in: 5 }, { lifeSeconds: 5 }),
  'lifetime-enormous': edit({ expires_in: 1e12 }, { lifeSeconds: 1e12 }),
  'lifetime-nan-text': edit({ expires_in: 'NaN' }, UNSTATED),
  'lifetime-word': edit({ expires_in: 'one hour' }, UNSTATED),
  'lifetime-null': edit({ expires_in: null }, UNSTATED),
  'lifetime-object': edit({ expires_in: { seconds: 3_600 } }, UNSTATED),
  'lifetime-missing': { act: 'edit', unset: ['expires_in'], ...UNSTATED },
  'lifetime-as-date': {
    act: 'edit',
    unset: ['expires_in'],
    set: { expires_at: '{{iso+3600}}' },
    lifeSeconds: 3_600,
  },
  'lifetime-as-epoch': {
    act: 'edit',
    unset: ['expires_in'],
    set: { expires_at: '{{epoch+3600}}' },
    lifeSeconds: 3_600,
  },

  'refresh-token-missing': { act: 'edit', unset: ['refresh_token'], rotates: false },
  'refresh-token-null': refreshToken(null),
  'refresh-token-empty': refreshToken(''),
  'refresh-token-number': refreshToken(0),
  'refresh-token-object': refreshToken({}),

  'narrower-scope': edit({ scope: 'read' }),
  'scope-as-array': edit({ scope: ['read', 'write'] }),
  'token-type-missing': { act: 'edit', unset: ['token_type'] },
  'token-type-lower-case': edit({ token_type: 'bearer' }),
  'token-type-null': edit({ token_type: null }),
  'access-token-missing': { act: 'edit', unset: ['access_token'] },
  'access-token-empty': edit({ access_token: '' }),
  'id-token-garbage': edit({ id_token: 'not.a.token' }),
  'status-201': { act: 'answer', status: 201, body: 'reply', processed: true },

  'clock-5-hours-ahead': { act: 'edit', headers: { date: '{{date+18000}}' } },
  'clock-5-hours-behind': { act: 'edit', headers: { date: '{{date-18000}}' } },
} as const satisfies Record<string, Misbehaviour>
