/**
 * The app that made the link, as far as Larder can vouch for it: the address that the link
 * redirects to.
 */
export type AskingApp = {
  /** A host name or an app's scheme; null if the link ends on a page of Larder. */
  readonly name: string | null
  readonly origin: string | null
}

/** Derived from the link's `redirectUrl`, which is on the operator's list. */
export function askingApp(redirectUrl: string | null): AskingApp {
  if (redirectUrl === null) return { name: null, origin: null }
  const url = new URL(redirectUrl)
  // A custom scheme has no origin. Hosts are shown in ASCII, so that look-alikes are visible.
  if (url.origin === 'null') {
    const scheme = url.protocol.slice(0, -1)
    return { name: scheme, origin: `${scheme} (an app on this device)` }
  }
  return { name: url.host, origin: url.origin }
}
