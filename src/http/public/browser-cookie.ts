import type { Random } from '../../ports/ports.ts'
import type { PublicSite } from './site.ts'

/** Longer than the lifetime of any link. Each use renews the cookie. */
const LIFETIME_SECONDS = 86_400

/**
 * The name of the cookie with the random id of a browser. All tabs and links share one id.
 * `__Host-` prevents other hosts of the domain from setting the cookie. The prefix requires https,
 * so Larder omits it for plain http on loopback.
 */
function cookieName(site: PublicSite): string {
  return site.secure ? '__Host-larder' : 'larder'
}

export function readBrowserId(cookies: string | undefined, site: PublicSite): string | null {
  const name = cookieName(site)
  for (const pair of (cookies ?? '').split(';')) {
    const [key, value] = pair.trim().split('=')
    if (key === name && value !== undefined && /^[\w-]{43}$/.test(value)) return value
  }
  return null
}

export function newBrowserId(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url')
}

/** Sets `SameSite=Lax`, so that the browser sends the cookie when the provider redirects back. */
export function browserCookie(browserId: string, site: PublicSite): string {
  const attributes = `Path=/; Max-Age=${LIFETIME_SECONDS}; HttpOnly; SameSite=Lax`
  return `${cookieName(site)}=${browserId}; ${attributes}${site.secure ? '; Secure' : ''}`
}
