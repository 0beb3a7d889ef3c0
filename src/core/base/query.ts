const PARTS = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s

/**
 * Adds parameters before the fragment, and replaces those with the same name (RFC 6749 §3.1). The
 * rest of the URL does not change, because an app may have signed it.
 */
export function withParams(raw: string, params: Iterable<readonly [string, string]>): string {
  const [, address = '', query, fragment = ''] = PARTS.exec(inAscii(raw)) ?? []
  const added = [...params]
  const names = new Set(added.map(([name]) => name))
  const own = query === undefined || query === '' ? [] : query.split('&')
  const kept = own.filter((pair) => !names.has(nameOf(pair)))
  const pairs = added.map(([name, value]) => `${encode(name)}=${encode(value)}`)
  // The app's URL may end with `&` already.
  if (kept.at(-1) === '' && pairs.length > 0) kept.pop()
  const all = [...kept, ...pairs]
  return `${address}${query === undefined && all.length === 0 ? '' : '?'}${all.join('&')}${fragment}`
}

/** The names of the parameters in a URL's query, decoded. */
export function paramNames(raw: string): ReadonlySet<string> {
  const [, , query = ''] = PARTS.exec(raw) ?? []
  return new Set(new URLSearchParams(query).keys())
}

function nameOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? ''
}

/** Encodes a space as `%20` (RFC 3986), because `+` means a space only in forms. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * Encodes non-ASCII characters, because a `Location` header must be ASCII. Also writes the full
 * origin: a parser without a base URL reads `https:host` and `https:///host` as absolute URLs, but
 * a browser reads them as relative in a redirect.
 */
function inAscii(raw: string): string {
  const { origin } = new URL(raw)
  const plain = raw.replace(/[^\x20-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
  if (origin === 'null') return plain
  return origin + plain.replace(/^[^:]*:[/\\]*[^/\\?#]*/, '')
}
