import type { Caller } from '../../core/base/access.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { completed } from '../../core/connection/account.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { credentialsGrant, unproven, withGrant } from '../../core/refresh/grant.ts'
import { newId } from '../../core/base/ids.ts'
import { checkParams, sameParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Writes } from '../../ports/store.ts'
import type { NewDraft } from './keep-draft.ts'
import { blankDraft, type ImportFields, providerFor } from './import-connection.ts'
import type { ProveNeeds } from './prove-draft.ts'
import { credentialsIdOf } from '../connections/token-id.ts'
import { accountOfCredentials } from '../../core/connection/credentials-account.ts'

export type CredentialsImport = ImportFields & { readonly credentials: Credentials }

/**
 * A draft of a user's own credentials. The same ones again change nothing. If the provider cannot check
 * them, they are believed.
 */
export function draftFromCredentials(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'providers'>,
  caller: Caller,
  demand: CredentialsImport,
): NewDraft {
  const provider = providerFor(ports, caller, demand)
  const { credentials, params } = demand
  const errors = [...checkKind(credentials, provider), ...checkParams(provider, params)]
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the credentials cannot be taken', { errors })
  const given = { id: demand.accountId, email: demand.email, name: null }
  const account = completed(given, accountOfCredentials(credentials, provider))
  const draft = credentialsDraft(ports, blankDraft(ports, demand, account), {
    credentials,
    provider,
  })
  return { draft, refreshToken: null, holder: (trx) => holderOf(ports, trx, demand) }
}

/** What a provider asks its users for is not what it was handed. */
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

/** Active at once where nobody can be asked, failing until the provider has been. */
export function credentialsDraft(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer'>,
  blank: Parameters<typeof withGrant>[0],
  of: { readonly credentials: Credentials; readonly provider: Provider },
): LiveConnection {
  const { credentials, provider } = of
  const now = ports.clock.now()
  const tokenId = credentialsIdOf(ports, credentials)
  const grant = credentialsGrant(newId('grt', now, ports.random.bytes(10)), {
    credentials,
    tokenId,
  })
  return provider.credentials?.isProbed === true
    ? unproven(blank, grant, now)
    : withGrant(blank, grant, null)
}

/** A connection of this user that lives on the very same credentials, and is well. */
async function holderOf(
  ports: Pick<ProveNeeds, 'sealer'>,
  trx: Writes,
  demand: CredentialsImport,
): Promise<LiveConnection | null> {
  const tokenId = credentialsIdOf(ports, demand.credentials)
  const all = await trx.connectionsOf(demand.userId, demand.provider)
  for (const one of all) {
    if (one.status !== 'active' || one.grant.kind !== 'credentials') continue
    if (one.grant.credentials?.tokenId === tokenId && sameParams(one.params, demand.params)) {
      return one
    }
  }
  return null
}
