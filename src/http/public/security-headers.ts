import type { Middleware } from 'koa'

const HEADERS = {
  // No `form-action`: Chromium applies it to every redirect that follows the form's POST, so it
  // would have to list the provider, the identity provider behind that one, and the host app.
  // The form's action is written by us and nothing can be injected without `base-uri` or a script.
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  // For browsers without `frame-ancestors`: nobody may lay a page of theirs over the button.
  'X-Frame-Options': 'DENY',
  // The link's secret is in the address: it stays on this site. `no-referrer` would hide nothing
  // more, and sends the form's POST with `Origin: null`.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=()',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex, nofollow',
} as const

/**
 * On every answer. No opener policy: host apps open the link in a popup and wait for it.
 * Strict-Transport-Security is the proxy's, which owns the certificate and the host name.
 */
export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set(HEADERS)
  return next()
}
