import type { Ports } from '../../ports/ports.ts'
import { STYLESHEET_NAME } from './pages/style.ts'

/** The public address. It comes only from the settings, never from `Host` or a forwarded header. */
export type PublicSite = {
  /** The path of the public URL. Empty if the URL has no path. */
  readonly base: string
  readonly secure: boolean
  /** The path of the stylesheet. */
  readonly stylesheet: string
}

export function publicSite(publicUrl: string): PublicSite {
  const url = new URL(publicUrl)
  const base = url.pathname.replace(/\/+$/, '')
  return {
    base,
    secure: url.protocol === 'https:',
    stylesheet: `${base}/assets/${STYLESHEET_NAME}`,
  }
}

/** The ports that the use cases of the public pages need. */
export type PublicPorts = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>
