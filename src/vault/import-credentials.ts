import type { Caller } from '../core/access.ts'
import type { LiveConnection } from '../core/connection.ts'
import { completed } from '../core/account.ts'
import { accountOf, type Credentials } from '../core/credentials.ts'
import { type FieldError, VaultError } from '../core/errors.ts'
import { credentialsGrant, unproven, withGrant } from '../core/grant.ts'
import { newId } from '../core/ids.ts'
import { checkParams, sameParams } from '../core/params.ts'
import type { Provider } from '../core/provider.ts'
import type { Writes } from '../ports/store.ts'
import { type Candidate, handIn, type Imported } from './hand-in.ts'
import { blankDraft, type HandedIn, providerFor } from './import-connection.ts'
import type { ProveNeeds } from './prove-draft.ts'
import { credentialsIdOf } from './token-id.ts'

export type CredentialsDemand = HandedIn & { readonly credentials: Credentials }

/**
 * Takes over a user's own credentials. They are sealed before the provider is asked whether it takes
 * them; where it cannot be asked they are taken at their word. The same ones again change nothing.
 */
export async function importCredentials(
  ports: ProveNeeds,
  caller: Caller,
  demand: CredentialsDemand,
): Promise<Imported> {
  return handIn(ports, credentialsCandidate(ports, caller, demand))
}

export function credentialsCandidate(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'providers'>,
  caller: Caller,
  demand: CredentialsDemand,
): Candidate {
  const provider = providerFor(ports, caller, demand)
  const { credentials, params } = demand
  const errors = [...checkKind(credentials, provider), ...checkParams(provider, params)]
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the credentials cannot be taken', { errors })
  const given = { id: demand.accountId, email: demand.email, name: null }
  const account = completed(given, accountOf(credentials, provider))
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
  demand: CredentialsDemand,
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
