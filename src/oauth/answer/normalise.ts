import type { Instant } from '../../core/base/ids.ts'
import { isRecord, valueAt, valuesAt } from '../../core/base/json-path.ts'
import {
  lifetimeSeconds,
  type RefreshTokenLife,
  refreshTokenLife,
} from '../../core/refresh/lifetime.ts'
import type { AnswerShape, LifetimeSource } from '../recipe/preset-fields.ts'

/** A token answer in the same form for all providers. Nothing in it is verified yet. */
export type TokenSet = {
  readonly accessToken: string | null
  /** Unchanged, as the provider sent it. */
  readonly tokenType: string | null
  readonly expiresInSeconds: number | null
  readonly refreshToken: string | null
  readonly refreshTokenExpiresInSeconds: RefreshTokenLife | null
  readonly scope: readonly string[] | null
  readonly idToken: string | null
}

type Clock = { readonly sentAt: Instant; readonly providerNow: Instant | null }
type Shape = AnswerShape & { readonly scopeSeparator: string }

export function normalise(body: unknown, shape: Shape, clock: Clock): TokenSet {
  const roots = shape.roots.map((root) => (root === '' ? body : valueAt(body, root)))
  const root = roots.find((set) => tokenOf(set, shape.accessToken) !== null) ?? roots[0]
  return {
    accessToken: tokenOf(root, shape.accessToken),
    tokenType: textOf(root, shape.tokenType),
    expiresInSeconds: lifetime(root, shape.expiresIn, clock),
    refreshToken: tokenOf(root, shape.refreshToken),
    refreshTokenExpiresInSeconds: refreshTokenLifetime(root, shape, clock),
    scope: scopeOf(root, shape),
    idToken: textOf(root, 'id_token') ?? textOf(body, 'id_token'),
  }
}

/** Visible ASCII and space (RFC 6749 Appendix A). Other characters cannot be sent in a header. */
const TOKEN = /^[\x20-\x7e]+$/

function tokenOf(root: unknown, path: string | null): string | null {
  const text = textOf(root, path)
  return text !== null && TOKEN.test(text) ? text : null
}

/**
 * Returns null if the value is empty or not text. Some answers have a refresh token of null or 0.
 */
function textOf(root: unknown, path: string | null): string | null {
  const value = path === null ? null : valueAt(root, path)
  return typeof value === 'string' && value !== '' ? value : null
}

function lifetime(root: unknown, sources: readonly LifetimeSource[], clock: Clock): number | null {
  for (const { path, unit, zeroMeansNever } of sources) {
    const value = valueAt(root, path)
    const seconds = value === undefined ? null : lifetimeSeconds(value, unit, clock)
    if (seconds !== null) return seconds === 0 && zeroMeansNever ? null : seconds
  }
  return null
}

function refreshTokenLifetime(
  root: unknown,
  { refreshTokenExpiresIn: sources }: Shape,
  clock: Clock,
): RefreshTokenLife | null {
  for (const { path, unit } of sources) {
    const life = refreshTokenLife(valueAt(root, path), unit, clock)
    if (life !== null) return life
  }
  return null
}

/** Reads the scopes from a list or from separated text. Null if the answer has no scopes. */
function scopeOf(root: unknown, { scope: paths, scopeSeparator }: Shape): readonly string[] | null {
  const separators = scopeSeparator.trim() === '' ? /\s+/ : /[\s,]+/
  for (const path of paths) {
    const [value] = valuesAt(root, path)
    if (typeof value === 'string') return value.split(separators).filter((scope) => scope !== '')
    if (Array.isArray(value)) return value.filter((scope) => typeof scope === 'string')
  }
  return null
}

/**
 * Finds a refresh token in a broken answer, so that the rotation is not lost. Returns null if the
 * text has several refresh tokens, because one may belong to another token set.
 */
export function salvageRefreshToken(text: string, body: unknown, shape: Shape): string | null {
  if (shape.refreshToken === null) return null
  if (isRecord(body)) {
    const whole = normalise(body, shape, { sentAt: 0, providerNow: null }).refreshToken
    if (whole !== null) return whole
  }
  const name = shape.refreshToken.split('.').at(-1)?.replace(/\W/g, '\\$&') ?? ''
  const member = new RegExp(`"${name}"\\s*:\\s*("[^"\\\\]*(?:\\\\.[^"\\\\]*)*")`, 'g')
  const inJson = [...text.matchAll(member)]
  const found = new Set(inJson.map(([, literal]) => parseLiteral(literal ?? '')))
  const [only] = found
  return found.size === 1 && only !== undefined && TOKEN.test(only) ? only : null
}

function parseLiteral(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return ''
  }
}
