import { isLoopbackHost } from './listen.ts'

/** Returns the public URL without a trailing slash, or null if the URL is invalid. */
export function parsePublicUrl(raw: string): string | null {
  const url = parseUrl(raw)
  if (url === null || !isWebUrl(url) || url.search !== '' || raw.includes('?')) return null
  // Links, forms, the stylesheet and redirect URIs start with this path, so the path must be plain.
  if (!/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname)) return null
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}

/**
 * Whether links may redirect users to this URL: a web page by https (http on loopback), or an app
 * by its own scheme (RFC 8252 §7.1). Rejects schemes that browsers handle themselves.
 */
export function isRedirectUrl(raw: string): boolean {
  const url = parseUrl(raw)
  if (url === null || url.search !== '' || raw.includes('?')) return false
  // Entries are not patterns, so an entry with a wildcard would never match.
  if (/\*|%2a/i.test(raw)) return false
  return isWebUrl(url) || isAppUrl(url)
}

/** Whether this can be the URL of a daemon. */
export function isDaemonUrl(raw: string): boolean {
  if (raw.startsWith('unix:')) return raw.startsWith('unix:/')
  const url = parseUrl(raw)
  return url !== null && /^https?:$/.test(url.protocol) && url.search === ''
}

function parseUrl(raw: string): URL | null {
  // `URL` accepts spaces and backslashes, which other parsers interpret differently.
  const url = /[\s\\#]/.test(raw) ? null : URL.parse(raw)
  return url === null || url.username !== '' || url.password !== '' ? null : url
}

function isWebUrl(url: URL): boolean {
  if (url.hostname === '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
}

function isAppUrl(url: URL): boolean {
  const ofTheBrowser =
    /^(https?|wss?|ftp|file|data|blob|javascript|vbscript|about|view-source|mailto|tel|filesystem):$/
  const isOwn = /^[a-z][a-z0-9+.-]*:$/.test(url.protocol) && !ofTheBrowser.test(url.protocol)
  // A scheme alone, such as `myapp://`, is no address.
  return isOwn && (url.host !== '' || /[^/]/.test(url.pathname))
}
