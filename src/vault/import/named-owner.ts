import {
  type Account,
  type Connection,
  isLive,
  type LiveConnection,
} from '../../core/connection/connection.ts'

/** What the provider has told of the account, below what it has told of the draft. */
export function withProviderDataOf(
  { providerData }: Connection,
  draft: LiveConnection,
): LiveConnection {
  if (draft.grant.kind !== 'oauth') return draft
  return { ...draft, providerData: { ...providerData, ...draft.providerData } }
}

/**
 * A draft that was believed: its first refresh must bring the account that the provider has named for
 * the connection in whose place it is.
 */
export function ownedLike(slot: Connection, draft: LiveConnection): LiveConnection {
  const { grant } = draft
  if (grant.kind !== 'oauth' || grant.owner.is !== 'unproven') return draft
  const told = grant.owner.told ?? namedOwner(slot)
  return { ...draft, grant: { ...grant, owner: { is: 'unproven', told } } }
}

/** The account that the provider has named for the tokens of a grant. */
export function namedOwner(connection: Connection): Account | null {
  if (!isLive(connection) || connection.grant.kind !== 'oauth') return null
  const { owner } = connection.grant
  if (owner.is === 'proven') return { id: owner.accountId, email: null, name: null }
  return owner.is === 'unproven' ? owner.told : null
}
