/** Who sends the user here, as far as we can vouch for it: where the link will send them back. */
export type AskingApp = {
  /** A host name or the scheme of an app; null where the link ends on a page of ours. */
  readonly name: string | null
  /** The origin that the user returns to. */
  readonly origin: string | null
}

/** From the link's own `redirectUrl`, which was held against the operator's list. */
export function askingApp(redirectUrl: string | null): AskingApp {
  if (redirectUrl === null) return { name: null, origin: null }
  const url = new URL(redirectUrl)
  // A custom scheme has no origin. Hosts are in their ASCII form, so that look-alikes show.
  if (url.origin === 'null') {
    const scheme = url.protocol.slice(0, -1)
    return { name: scheme, origin: `${scheme} (an app on this device)` }
  }
  return { name: url.host, origin: url.origin }
}
