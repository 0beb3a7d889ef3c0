import type { Caller } from '../../core/base/access.ts'
import type { ClientCredentials } from '../../core/connection/connection.ts'
import { type FieldError, requireValid } from '../../core/base/errors.ts'
import { machineGrant, unproven } from '../../core/refresh/grant.ts'
import { newId } from '../../core/base/ids.ts'
import { checkParams } from '../../core/connection/params.ts'
import type { NewDraft } from './keep-draft.ts'
import { blankDraft, type ImportFields, providerFor } from './import-tokens.ts'
import type { ProveNeeds } from './prove-draft.ts'

export type MachineImport = ImportFields & {
  /** Null: use the scopes from the provider's settings. */
  readonly scope: readonly string[] | null
  readonly client: ClientCredentials | null
}

/**
 * A draft for the client itself, without a user (RFC 6749 §4.4). Its first token proves the draft.
 */
export function draftFromClient(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'providers'>,
  caller: Caller,
  request: MachineImport,
): NewDraft {
  const provider = providerFor(ports, caller, request)
  const errors: FieldError[] = [...checkParams(provider, request.params)]
  if (provider.connectsBy !== 'machine') {
    const detail = `the provider connects by ${provider.connectsBy}, not by client_credentials`
    errors.push({ in: 'body', name: 'provider', detail })
  }
  requireValid(errors, 'the client cannot be connected')
  const now = ports.clock.now()
  const id = newId('grt', now, ports.random.bytes(10))
  const grant = machineGrant(id, request.scope ?? provider.scopes)
  // The provider checks this parameter, so it is more reliable than the app's `accountId`.
  const { accountParam, params } = provider
  const name = accountParam ?? ''
  const named = request.params[name] ?? params[name]?.default ?? request.accountId
  const account = { id: named, email: request.email, name: null }
  const blank = { ...blankDraft(ports, request, account), client: request.client }
  const draft = unproven(blank, grant, now)
  return { draft, refreshToken: null, findHolder: () => Promise.resolve(null) }
}
