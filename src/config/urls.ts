import { isLoopbackHost } from './listen.ts'

/** The public URL without a trailing slash; null if it is invalid. */
export function parsePublicUrl(raw: string): string | null {
  const url = parseUrl(raw)
  if (url === null || !isWebUrl(url) || url.search !== '' || raw.includes('?')) return null
  // Links, forms, the stylesheet and redirect URIs begin with this path, so it must be plain.
  if (!/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname)) return null
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}

/**
 * Whether users may be redirected there: a web page by https (http on loopback), or an app by its
 * own scheme (RFC 8252 §7.1). Schemes that browsers handle themselves are refused.
 */
export function isRedirectUrl(raw: string): boolean {
  const url = parseUrl(raw)
  if (url === null || url.search !== '' || raw.includes('?')) return false
  // Entries are not patterns: an entry with a wildcard would never match.
  if (/\*|%2a/i.test(raw)) return false
  return isWebUrl(url) || isAppUrl(url)
}

/** Whether it can be the URL of a daemon. */
export function isDaemonUrl(raw: string): boolean {
  if (raw.startsWith('unix:')) return raw.startsWith('unix:/')
  const url = parseUrl(raw)
  return url !== null && /^https?:$/.test(url.protocol) && url.search === ''
}

function parseUrl(raw: string): URL | null {
  // `URL` accepts spaces and backslashes, which other parsers read differently.
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
  // A bare scheme such as `myapp://` matches no address.
  return isOwn && (url.host !== '' || /[^/]/.test(url.pathname))
}
