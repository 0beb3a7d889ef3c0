import type { Middleware } from 'koa'

const HEADERS = {
  // `form-action` is omitted, because Chromium also applies this directive to redirects after the
  // POST: the directive would have to list the provider, its identity provider and the host app.
  // The form posts to this site, and `base-uri` and the ban on scripts prevent injection.
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Prevents clickjacking in browsers that do not support `frame-ancestors`.
  'X-Frame-Options': 'DENY',
  // The URL contains the secret of the link, which must not be sent to other sites. `no-referrer`
  // would protect no better and make the form's POST send `Origin: null`.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=()',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex, nofollow',
} as const

/**
 * Sets the headers of every answer. Sets no opener policy, because host apps open the link in a
 * popup and wait for it to close. The proxy must set Strict-Transport-Security, because it owns the
 * certificate and the host name.
 */
export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set(HEADERS)
  return next()
}
