import type { Caller } from '../../core/base/access.ts'
import type { Account, ClientCredentials } from '../../core/connection/connection.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { machineGrant, unproven } from '../../core/refresh/grant.ts'
import { newId } from '../../core/base/ids.ts'
import { checkParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { NewDraft } from './keep-draft.ts'
import { blankDraft, type ImportFields, providerFor } from './import-connection.ts'
import type { ProveNeeds } from './prove-draft.ts'

export type MachineImport = ImportFields & {
  /** Null: the provider's own. */
  readonly scope: readonly string[] | null
  readonly client: ClientCredentials | null
}

/** A connection of the client itself, without a user's consent (RFC 6749 §4.4). Its first token proves it. */
export function draftFromClient(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'providers'>,
  caller: Caller,
  demand: MachineImport,
): NewDraft {
  const provider = providerFor(ports, caller, demand)
  const errors = checkMachine(demand, provider)
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the client cannot be connected', { errors })
  const now = ports.clock.now()
  const grant = machineGrant(
    newId('grt', now, ports.random.bytes(10)),
    demand.scope ?? provider.scopes,
  )
  const blank = blankDraft(ports, demand, accountOf(demand, provider))
  const draft = unproven({ ...blank, client: demand.client }, grant, now)
  return { draft, refreshToken: null, holder: () => Promise.resolve(null) }
}

function checkMachine(demand: MachineImport, provider: Provider): readonly FieldError[] {
  const errors: FieldError[] = [...checkParams(provider, demand.params)]
  if (provider.connectsBy !== 'machine') {
    const detail = `the provider connects by ${provider.connectsBy}, not by client_credentials`
    errors.push({ in: 'body', name: 'provider', detail })
  }
  return errors
}

/** The one that a parameter names, because the provider is asked for it; else the one that the app names. */
function accountOf(demand: MachineImport, { accountParam, params }: Provider): Account {
  const name = accountParam ?? ''
  const named = demand.params[name] ?? params[name]?.default ?? null
  return { id: named ?? demand.accountId, email: demand.email, name: null }
}
