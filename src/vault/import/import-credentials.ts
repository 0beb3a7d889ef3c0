import type { Caller } from '../../core/base/access.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { completed } from '../../core/connection/account.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { type FieldError, requireValid } from '../../core/base/errors.ts'
import { credentialsGrant, unproven, withGrant } from '../../core/refresh/grant.ts'
import { newId } from '../../core/base/ids.ts'
import { checkParams, sameParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Writes } from '../../ports/store.ts'
import type { NewDraft } from './keep-draft.ts'
import { blankDraft, type ImportFields, providerFor } from './import-tokens.ts'
import type { ProveNeeds } from './prove-draft.ts'
import { credentialsIdOf } from '../connections/token-id.ts'
import { accountOfCredentials } from '../../core/connection/credentials-account.ts'

export type CredentialsImport = ImportFields & { readonly credentials: Credentials }

/** A draft with a user's own credentials. Importing the same credentials again changes nothing. */
export function draftFromCredentials(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'providers'>,
  caller: Caller,
  request: CredentialsImport,
): NewDraft {
  const provider = providerFor(ports, caller, request)
  const { credentials, params } = request
  const errors = [...checkKind(credentials, provider), ...checkParams(provider, params)]
  requireValid(errors, 'the credentials cannot be imported')
  const named = { id: request.accountId, email: request.email, name: null }
  const account = completed(named, accountOfCredentials(credentials, provider))
  const blank = blankDraft(ports, request, account)
  const draft = credentialsDraft(ports, blank, { credentials, provider })
  return { draft, refreshToken: null, findHolder: (trx) => findHolder(ports, trx, request) }
}

/** Whether the provider connects by credentials of this kind. */
export function checkKind(
  credentials: Credentials,
  { credentials: form, connectsBy }: Pick<Provider, 'credentials' | 'connectsBy'>,
): readonly FieldError[] {
  if (form === null) {
    const detail = `the provider connects by ${connectsBy}, not by credentials`
    return [{ in: 'body', name: 'credentials', detail }]
  }
  if (form.kind === credentials.kind) return []
  const detail = form.kind === 'basic' ? 'must be username and password' : 'must be an apiKey'
  return [{ in: 'body', name: 'credentials', detail }]
}

/**
 * The draft is active at once if the provider has no probe, else failing until a probe succeeds.
 */
export function credentialsDraft(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer'>,
  blank: Parameters<typeof withGrant>[0],
  of: { readonly credentials: Credentials; readonly provider: Provider },
): LiveConnection {
  const { credentials, provider } = of
  const now = ports.clock.now()
  const tokenId = credentialsIdOf(ports, credentials)
  const id = newId('grt', now, ports.random.bytes(10))
  const grant = credentialsGrant(id, { credentials, tokenId })
  const isProbed = provider.credentials?.isProbed === true
  return isProbed ? unproven(blank, grant, now) : withGrant(blank, grant, null)
}

/** Finds an active connection of this user with the same credentials and parameters. */
async function findHolder(
  ports: Pick<ProveNeeds, 'sealer'>,
  trx: Writes,
  { userId, provider, credentials, params }: CredentialsImport,
): Promise<LiveConnection | null> {
  const tokenId = credentialsIdOf(ports, credentials)
  for (const one of await trx.connectionsOf(userId, provider)) {
    if (one.status !== 'active' || one.grant.kind !== 'credentials') continue
    if (one.grant.credentials?.tokenId === tokenId && sameParams(one.params, params)) return one
  }
  return null
}
