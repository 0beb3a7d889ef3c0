import type { ErrorAnswer, Template } from './dialect.ts'

/** RFC 6749 §5.2. */
export function oauthError(error: string, status = 400, more: Record<string, Template> = {}) {
  return { status, body: { error, error_description: 'As the provider words it.', ...more } }
}

export const INVALID_GRANT = oauthError('invalid_grant')
export const INVALID_CLIENT = oauthError('invalid_client', 401)

/** Error pages of proxies in front of an API. */
export function statuses(...codes: readonly number[]): readonly ErrorAnswer[] {
  return codes.map((status) => ({
    status,
    body: `<html><body>${status}</body></html>`,
    ...(status === 429 ? { headers: { 'retry-after': '7' }, slowsDown: true } : {}),
  }))
}

/** A token answer of RFC 6749 §5.1 with this lifetime in seconds. */
export function tokens(expiresIn: number, more: Record<string, Template | undefined> = {}) {
  return {
    access_token: '{accessToken}',
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: '{refreshToken}',
    scope: '{scope}',
    ...more,
  }
}

/** The user of every journey. */
export const ADA = { id: '1085', email: 'ada@example.com', name: 'Ada Lovelace' } as const

/** OpenID Connect Core §5.1. */
export const USERINFO = { sub: '1085', email: 'ada@example.com', name: 'Ada Lovelace' } as const
export const CLAIMS = { email: 'ada@example.com', name: 'Ada Lovelace' } as const
