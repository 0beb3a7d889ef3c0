/**
 * The base URL of the operator's own server, with or without a path. The URL can have any host, so
 * only the operator may set it (`setBy`). A separate check decides whether http is allowed.
 */
export const OWN_BASE =
  'https?://(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])' +
  '(?::\\d{1,5})?(?:/[A-Za-z0-9._~-]+)*'

/** A DNS label: a customer's subdomain of a vendor's domain. */
export const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
