import { paramNames, withParams } from '../base/query.ts'

/**
 * Whether users may be redirected to this URL. Scheme and host must equal those of an allowed URL,
 * and the path must start with its whole path segments. The target always comes from the host app,
 * never from a browser (RFC 9700 §4.11.1). This check is a second defence.
 */
export function isAllowedRedirect(raw: string, allowed: readonly string[]): boolean {
  const url = parseRedirect(raw)
  return url !== null && allowed.some((entry) => covers(entry, url))
}

const OUTCOME_PARAMS = ['connectionId', 'linkId', 'completion', 'error', 'errorCode']

/** Adds the outcome to the app's `redirectUrl`. Omits parameters without a value. */
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
 * The parameters of the app's redirect URL whose names Larder uses too. The app could mistake an
 * `error` in its own URL for the outcome of the link.
 */
export function clashingParams(redirectUrl: string, state: string | null): readonly string[] {
  const names = paramNames(redirectUrl)
  const added = state === null ? OUTCOME_PARAMS : [...OUTCOME_PARAMS, 'state']
  return added.filter((name) => names.has(name))
}

/**
 * Null if the URL is not absolute, contains a user name or password, or could run a script in
 * Larder's origin.
 */
function parseRedirect(raw: string): URL | null {
  // Browsers read a backslash as a slash, and remove tabs and newlines. Reject such URLs.
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
  // The app may decode an encoded slash or dot, and so read another path than this check.
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
