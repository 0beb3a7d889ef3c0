/** The app that made the link. Larder can confirm only the URL to which the link redirects. */
export type AskingApp = {
  /** A host name or the URL scheme of an app. Null if the link ends on a page of Larder. */
  readonly name: string | null
  readonly origin: string | null
}

/** Derives the app from the link's `redirectUrl`, which the operator has allowed. */
export function askingApp(redirectUrl: string | null): AskingApp {
  if (redirectUrl === null) return { name: null, origin: null }
  const url = new URL(redirectUrl)
  // A custom scheme has no origin.
  if (url.origin === 'null') {
    const scheme = url.protocol.slice(0, -1)
    return { name: scheme, origin: `${scheme} (an app on this device)` }
  }
  // The host stays in ASCII, so that look-alike names are visible.
  return { name: url.host, origin: url.origin }
}
