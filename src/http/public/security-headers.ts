import type { Middleware } from 'koa'

const HEADERS = {
  // Without `form-action`: Chromium applies it to every redirect after the form's POST, so it would
  // have to list the provider, its identity provider and the host app. The form's action is ours,
  // and `base-uri` and the absence of scripts prevent injection.
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  // For browsers without `frame-ancestors`: no page may cover the button.
  'X-Frame-Options': 'DENY',
  // The address holds the link's secret, which must stay on this site. `no-referrer` would hide
  // nothing more, and makes the form's POST carry `Origin: null`.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=()',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex, nofollow',
} as const

/**
 * Headers of every answer. Without an opener policy, because host apps open the link in a popup and
 * wait for it. The proxy sets Strict-Transport-Security, because it owns certificate and host name.
 */
export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set(HEADERS)
  return next()
}
