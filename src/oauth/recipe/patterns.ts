/**
 * Where a server of the operator's own may stand: a base, with a path or without. It names any host,
 * so only the operator may set it (`setBy`). Where http is allowed is decided for every address alike.
 */
export const OWN_BASE =
  'https?://(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])' +
  '(?::\\d{1,5})?(?:/[A-Za-z0-9._~-]+)*'

/** A name of one's own beneath a vendor's domain. */
export const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
