import { type Grant, isRenewable, type LiveConnection } from '../connection/connection.ts'

/**
 * Returns the sibling with the tokens of `connection`. The sibling keeps its own ids, scopes and
 * labels.
 */
export function onGrantOf(connection: LiveConnection, sibling: LiveConnection): LiveConnection {
  const { id, generation, requestedScope } = sibling.grant
  const grant = { ...connection.grant, id, generation: generation + 1, requestedScope }
  const { providerData } = connection
  return { ...inStateOf(connection, sibling), providerData, grant, attempt: null }
}

/**
 * Returns the sibling with the status, failure and times of `connection`. If both have the same
 * token, a report about the token is copied too.
 */
export function inStateOf(connection: LiveConnection, sibling: LiveConnection): LiveConnection {
  const { id, userId, label, metadata, params, client, draft, createdAt } = sibling
  const { account, providerData, attempt } = sibling
  const own = { id, userId, label, metadata, params, client, draft, createdAt }
  const grant = withReport(sibling.grant, connection.grant)
  return { ...connection, ...own, account, providerData, grant, attempt }
}

function withReport(grant: Grant, { token: reported }: Grant): Grant {
  if (grant.kind === 'credentials' || reported?.report === undefined) return grant
  return reported.tokenId === grant.token?.tokenId ? { ...grant, token: reported } : grant
}

/** Whether a refresh of one grant ends the other, because both have the same owner and client. */
export function haveOneOwner(a: Grant, b: Grant): boolean {
  // The client owns every machine grant.
  if (a.kind === 'machine') return b.kind === 'machine'
  if (a.kind !== 'oauth' || b.kind !== 'oauth' || !isRenewable(b)) return false
  if (a.owner.is !== 'proven' || b.owner.is !== 'proven') return false
  return a.owner.accountId === b.owner.accountId && a.issuedTo === b.issuedTo
}

/** Whether other connections, perhaps of other users, may take over this grant. */
export function mayBeShared({ grant }: LiveConnection): boolean {
  return isRenewable(grant) && (grant.kind !== 'oauth' || grant.owner.is === 'proven')
}

/**
 * The connection with the newest tokens. At a provider with `endsSiblings`, only the newest tokens
 * are valid.
 */
export function newestOf(
  connection: LiveConnection,
  siblings: readonly LiveConnection[],
): LiveConnection {
  return siblings
    .filter((one) => one.status !== 'disconnected' && one.grant.token !== null)
    .reduce((newest, one) => (issuedAt(one) > issuedAt(newest) ? one : newest), connection)
}

function issuedAt({ grant }: LiveConnection): number {
  return grant.token?.issuedAt ?? 0
}
