import type { Caller } from '../../core/base/access.ts'
import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { draftWithGrant } from '../../core/refresh/grant.ts'
import { type ConnectionId, type Instant, newId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { aloud } from '../../core/connection/quiet-import.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { findConnection } from '../connections/find-connection.ts'
import { keepDraft } from './keep-draft.ts'
import { tokenOfAnother, holderOf, importedGrant } from './import-connection.ts'
import { checkKind, credentialsDraft } from './import-credentials.ts'
import { proveDraft, type ProveNeeds } from './prove-draft.ts'
import { misconfigured, NOT_CONFIGURED } from '../refresh/refresh-problem.ts'
import { accountHeldBy, accountOfCredentials } from '../../core/connection/credentials-account.ts'

/** Absent fields stay as they are; null of `label` clears it. */
export type Changes = {
  readonly label?: string | null
  /** Replaced whole. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly accessToken?: Secret
  readonly refreshToken?: Secret
  readonly scope?: readonly string[]
  readonly expiresAt?: Instant
  /** Without tokens: a new secret for the client that the connection has. */
  readonly client?: { readonly id: string; readonly secret: Secret | null }
  /** In place of the tokens, where the provider connects by them. */
  readonly credentials?: Credentials
}

/**
 * What the app says of a connection, and fresh credentials in any status: the old ones serve until
 * the new ones are proven, and those of another account are refused.
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
  if (isFresh(changes)) {
    if (provider === undefined) throw misconfigured(NOT_CONFIGURED)
    await renew(ports, caller, { provider, found, changes })
  }
  // Only now: a change that is refused leaves everything as it was.
  return ports.store.write((trx) => describe(ports, trx, found, changes))
}

/** Puts what is handed in where the old credentials are, once it is proven. */
async function renew(
  ports: ProveNeeds,
  caller: Caller,
  of: { readonly provider: Provider; readonly found: Connection; readonly changes: Changes },
): Promise<void> {
  const { provider, found, changes } = of
  const refreshToken = changes.refreshToken ?? null
  const handed = { userId: found.userId, provider: provider.id, refreshToken }
  const candidate = {
    draft: draftOf(ports, provider, found, changes),
    refreshToken,
    holder: (trx: Writes) => holderOf(trx, caller, handed),
  }
  const { connection } = await ports.store.write((trx) => keepDraft(trx, candidate))
  // Also where it was handed in before, and could not be proven.
  if (connection.draft?.replaces === found.id) await proveDraft(ports, connection)
  else if (connection.id !== found.id) throw tokenOfAnother(caller, connection)
}

/** Whether there is something new to live on. */
function isFresh({ accessToken, refreshToken, credentials }: Changes): boolean {
  return accessToken !== undefined || refreshToken !== undefined || credentials !== undefined
}

function checkChanges(
  connection: Connection,
  changes: Changes,
  provider: Provider | undefined,
): void {
  const errors: FieldError[] = []
  const { credentials, client } = changes
  if (credentials !== undefined) {
    for (const name of TOKEN_FIELDS) if (changes[name] !== undefined) errors.push(apart(name))
    if (provider !== undefined) errors.push(...checkKind(credentials, provider))
  } else if (isFresh(changes)) {
    if (provider !== undefined && provider.connectsBy !== 'link') {
      const detail = `the provider connects by ${provider.connectsBy}, not by tokens`
      errors.push({
        in: 'body',
        name: changes.accessToken ? 'accessToken' : 'refreshToken',
        detail,
      })
    }
  } else {
    if (changes.scope !== undefined) errors.push(alone('scope'))
    if (changes.expiresAt !== undefined) errors.push(alone('expiresAt'))
    if (client && client.id !== connection.client?.id) errors.push(alone('client'))
  }
  if (errors.length > 0) throw new VaultError('invalid_request', 'nothing was changed', { errors })
}

const TOKEN_FIELDS = ['accessToken', 'refreshToken', 'scope', 'expiresAt', 'client'] as const

function apart(name: string): FieldError {
  return { in: 'body', name, detail: 'must not be given together with credentials' }
}

function alone(name: string): FieldError {
  return { in: 'body', name, detail: 'comes with the tokens that it belongs to' }
}

async function describe(
  ports: ProveNeeds,
  trx: Writes,
  found: Connection,
  changes: Changes,
): Promise<Connection> {
  const current = await trx.connection(found.id)
  if (current === null) throw new VaultError('not_found', 'no such connection')
  const { label, metadata, client } = changes
  const isSameClient = isFresh(changes) || client === undefined
  if (label === undefined && metadata === undefined && isSameClient) return current
  const after: Connection = {
    ...current,
    label: label === undefined ? current.label : label,
    metadata: metadata ?? current.metadata,
    client: isSameClient ? current.client : client,
    updatedAt: ports.clock.now(),
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
  const now = ports.clock.now()
  const blank = {
    ...replaced,
    // For the event, and for a proof that comes after a crash.
    label: changes.label === undefined ? replaced.label : changes.label,
    metadata: changes.metadata ?? replaced.metadata,
    id: newId('con', now, ports.random.bytes(10)),
    // Whose these are the provider says, not the connection that they are meant for.
    account: { id: null, email: null, name: null },
    providerData: aloud(replaced.providerData),
    client: changes.client ?? replaced.client,
    draft: { replaces: replaced.id },
    createdAt: now,
    updatedAt: now,
    lastRefreshedAt: null,
  }
  const { credentials } = changes
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
    client: blank.client,
  })
  return draftWithGrant(blank, grant, now)
}
