import { UNKNOWN_ACCOUNT } from '../../core/connection/account.ts'
import type { Caller } from '../../core/base/access.ts'
import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { type FieldError, requireValid, VaultError } from '../../core/base/errors.ts'
import { draftWithGrant } from '../../core/refresh/grant.ts'
import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { aloud } from '../../core/connection/quiet-import.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { findConnection } from '../connections/find-connection.ts'
import { newConnection } from '../connections/new-connection.ts'
import { keepDraft } from './keep-draft.ts'
import { holderOfRefreshToken, importedGrant, tokenOfAnother } from './import-tokens.ts'
import { checkKind, credentialsDraft } from './import-credentials.ts'
import { proveDraft, type ProveNeeds } from './prove-draft.ts'
import { misconfigured, NOT_CONFIGURED } from '../refresh/refresh-problem.ts'
import { accountHeldBy, accountOfCredentials } from '../../core/connection/credentials-account.ts'

/** An absent field does not change. `label: null` removes the label. */
export type Changes = {
  readonly label?: string | null
  /** Replaces all stored metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly accessToken?: Secret
  readonly refreshToken?: Secret
  readonly scope?: readonly string[]
  readonly expiresAt?: Instant
  /** The client of the tokens. Without tokens: a new secret for the connection's own client. */
  readonly client?: { readonly id: string; readonly secret: Secret | null }
  /** Replaces the tokens if the provider connects by credentials. */
  readonly credentials?: Credentials
}

/**
 * Changes label, metadata or client of a connection, and imports new credentials for it. Reads
 * return the old credentials until the new ones are proven. Credentials of another account are
 * rejected.
 */
export async function updateConnection(
  ports: ProveNeeds,
  caller: Caller,
  id: ConnectionId,
  changes: Changes,
): Promise<Connection> {
  const found = await findConnection(ports, caller, { id })
  const provider = ports.providers.get(found.provider)
  checkChanges(found, changes, provider)
  if (hasCredentials(changes)) {
    if (provider === undefined) throw misconfigured(NOT_CONFIGURED)
    await importFor(ports, caller, { provider, found, changes })
  }
  // Do this last, so that rejected credentials change nothing.
  return ports.store.write((trx) => describe(ports, trx, found, changes))
}

/**
 * Imports credentials for a connection. If a draft with the same credentials exists, tries again to
 * prove the draft.
 */
async function importFor(
  ports: ProveNeeds,
  caller: Caller,
  of: { readonly provider: Provider; readonly found: Connection; readonly changes: Changes },
): Promise<void> {
  const { provider, found, changes } = of
  const refreshToken = changes.refreshToken ?? null
  const imported = { userId: found.userId, provider: provider.id, refreshToken }
  const newDraft = {
    draft: draftOf(ports, provider, found, changes),
    refreshToken,
    findHolder: (trx: Writes) => holderOfRefreshToken(trx, caller, imported),
  }
  const stored = await ports.store.write((trx) => keepDraft(trx, newDraft))
  if (stored.draft?.replaces === found.id) await proveDraft(ports, stored)
  else if (stored.id !== found.id) throw tokenOfAnother(caller, stored)
}

function hasCredentials({ accessToken, refreshToken, credentials }: Changes): boolean {
  return accessToken !== undefined || refreshToken !== undefined || credentials !== undefined
}

function checkChanges(
  connection: Connection,
  changes: Changes,
  provider: Provider | undefined,
): void {
  const errors: FieldError[] = []
  const bad = (name: string, detail: string) => errors.push({ in: 'body', name, detail })
  const { credentials, client } = changes
  if (credentials !== undefined) {
    for (const name of TOKEN_FIELDS) {
      if (changes[name] !== undefined) bad(name, 'must not be given together with credentials')
    }
    if (provider !== undefined) errors.push(...checkKind(credentials, provider))
  } else if (hasCredentials(changes)) {
    if (provider !== undefined && provider.connectsBy !== 'link') {
      const name = changes.accessToken ? 'accessToken' : 'refreshToken'
      bad(name, `the provider connects by ${provider.connectsBy}, not by tokens`)
    }
  } else {
    const alone = 'comes with the tokens that it belongs to'
    if (changes.scope !== undefined) bad('scope', alone)
    if (changes.expiresAt !== undefined) bad('expiresAt', alone)
    if (client && client.id !== connection.client?.id) bad('client', alone)
  }
  requireValid(errors, 'nothing was changed')
}

const TOKEN_FIELDS = ['accessToken', 'refreshToken', 'scope', 'expiresAt', 'client'] as const

async function describe(
  { clock }: Pick<ProveNeeds, 'clock'>,
  trx: Writes,
  { id }: Connection,
  changes: Changes,
): Promise<Connection> {
  const current = await trx.connection(id)
  if (current === null) throw new VaultError('not_found', 'no such connection')
  const { label, metadata } = changes
  // A client that came with new credentials was stored with their draft.
  const client = hasCredentials(changes) ? undefined : changes.client
  if (label === undefined && metadata === undefined && client === undefined) return current
  const after: Connection = {
    ...current,
    label: label === undefined ? current.label : label,
    metadata: metadata ?? current.metadata,
    client: client ?? current.client,
    updatedAt: clock.now(),
  }
  await trx.saveConnection(current, after)
  return after
}

function draftOf(
  ports: ProveNeeds,
  provider: Provider,
  replaced: Connection,
  changes: Changes,
): LiveConnection {
  const { credentials, client = replaced.client } = changes
  const { userId, params, id: replaces } = replaced
  const blank = newConnection(ports, {
    userId,
    provider: provider.id,
    // The provider must name the account. Do not assume the account of the replaced connection.
    account: UNKNOWN_ACCOUNT,
    // Store both with the draft, so that the event contains them even if a crash comes before the
    // promotion.
    label: changes.label === undefined ? replaced.label : changes.label,
    metadata: changes.metadata ?? replaced.metadata,
    params,
    providerData: aloud(replaced.providerData),
    client,
    draft: { replaces },
  })
  if (credentials !== undefined) {
    const account =
      accountHeldBy(replaced, credentials) ?? accountOfCredentials(credentials, provider)
    return credentialsDraft(ports, { ...blank, account }, { credentials, provider })
  }
  const grant = importedGrant(ports, provider, {
    accessToken: changes.accessToken ?? null,
    refreshToken: changes.refreshToken ?? null,
    scope: changes.scope ?? (isLive(replaced) ? replaced.grant.requestedScope : null),
    expiresAt: changes.expiresAt ?? null,
    client,
  })
  return draftWithGrant(blank, grant, ports.clock.now())
}
