/**
 * Where a server of the operator's own may stand: an https base, with a path or without. It names any
 * host, so only the operator may set it (`setBy`).
 */
export const OWN_BASE =
  'https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d{1,5})?(?:/[A-Za-z0-9._~-]+)*' +
  '|http://127\\.0\\.0\\.1:\\d{1,5}(?:/[A-Za-z0-9._~-]+)*'

/** A name of one's own beneath a vendor's domain. */
export const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
