import { isLoopbackHost } from './listen.ts'

/** The public URL without a trailing slash; null where it is none. */
export function parsePublicUrl(raw: string): string | null {
  const url = parseUrl(raw)
  if (url === null || !isWebUrl(url) || url.search !== '' || raw.includes('?')) return null
  // Links, forms, the stylesheet and redirect URIs begin with it, so it must be plain.
  if (!/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname)) return null
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}

/**
 * Whether users may be sent back there: a web page by https (http on loopback), or an app by a scheme
 * of its own (RFC 8252 §7.1). A scheme that a browser itself acts upon is none.
 */
export function isRedirectUrl(raw: string): boolean {
  const url = parseUrl(raw)
  if (url === null || url.search !== '' || raw.includes('?')) return false
  // Nothing here is a pattern: such an entry would never match.
  if (/\*|%2a/i.test(raw)) return false
  return isWebUrl(url) || isAppUrl(url)
}

/** Where the command line finds the daemon. */
export function isDaemonUrl(raw: string): boolean {
  if (raw.startsWith('unix:')) return raw.startsWith('unix:/')
  const url = parseUrl(raw)
  return url !== null && /^https?:$/.test(url.protocol) && url.search === ''
}

function parseUrl(raw: string): URL | null {
  // The parser forgives spaces and backslashes; what others read differently is no plain URL.
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
  // A bare scheme names no place: `myapp://` matches no address that an app would be opened with.
  return isOwn && (url.host !== '' || /[^/]/.test(url.pathname))
}
