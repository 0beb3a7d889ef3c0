import { paramNames, withParams } from '../base/query.ts'

/**
 * Where users may be sent: exact scheme and origin, then whole path segments of the allowed URL. The
 * host app names the target, never a browser (RFC 9700 §4.11.1), and still nothing else is reachable.
 */
export function isAllowedRedirect(raw: string, allowed: readonly string[]): boolean {
  const url = parseRedirect(raw)
  return url !== null && allowed.some((entry) => covers(entry, url))
}

const OUTCOME_PARAMS = ['connectionId', 'linkId', 'completion', 'error', 'errorCode']

/** What Larder says to the app at `redirectUrl`; parameters without a value are left out. */
export function outcomeUrl(
  redirectUrl: string,
  params: Readonly<Record<string, string | null>>,
): string {
  const entries = Object.entries(params)
  return withParams(
    redirectUrl,
    entries.filter((entry): entry is [string, string] => entry[1] !== null),
  )
}

/**
 * The parameters of a redirect URL that Larder would add as well. An old `error` in it would be taken for
 * the outcome of this link.
 */
export function clashingParams(redirectUrl: string, state: string | null): readonly string[] {
  const names = paramNames(redirectUrl)
  const added = state === null ? OUTCOME_PARAMS : [...OUTCOME_PARAMS, 'state']
  return added.filter((name) => names.has(name))
}

/** Null for what is no absolute URL, hides a login, or could run script in our origin. */
function parseRedirect(raw: string): URL | null {
  // Browsers read a backslash as a slash and drop tabs and newlines: no such URL is plain.
  if (/[\\\s\p{Cc}]/u.test(raw) || !URL.canParse(raw)) return null
  const url = new URL(raw)
  if (['javascript:', 'data:', 'blob:', 'file:', 'vbscript:', 'about:'].includes(url.protocol))
    return null
  return url.username === '' && url.password === '' ? url : null
}

function covers(entry: string, url: URL): boolean {
  const allowed = parseRedirect(entry)
  if (allowed === null || allowed.protocol !== url.protocol || allowed.host !== url.host)
    return false
  // An encoded slash or dot is a segment to us and may be a separator to the app.
  if (/%2f|%5c|%2e/i.test(url.pathname)) return false
  const path = allowed.pathname.replace(/\/$/, '')
  return (
    url.pathname === path ||
    url.pathname === allowed.pathname ||
    url.pathname.startsWith(`${path}/`)
  )
}

export const NOT_ALLOWED =
  'is not among the allowed redirect URLs: add it, or a path above it, to redirectUrls in larder.yaml ' +
  'or to LARDER_REDIRECT_URLS'
