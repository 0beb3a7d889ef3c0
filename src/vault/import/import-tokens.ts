import { type Caller, reachesUser } from '../../core/base/access.ts'
import {
  type Account,
  type ClientCredentials,
  isLive,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { type FieldError, requireValid, VaultError } from '../../core/base/errors.ts'
import { draftWithGrant, oauthGrant } from '../../core/refresh/grant.ts'
import { type Instant, newId, type ProviderId, type UserId } from '../../core/base/ids.ts'
import { checkParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { requireReached } from '../connect/request-problems.ts'
import { newConnection } from '../connections/new-connection.ts'
import { importDraft, type Imported, type NewDraft } from './keep-draft.ts'
import { OVER, type ProveNeeds } from './prove-draft.ts'
import { tokenIdOf } from '../connections/token-id.ts'

/** The fields of every kind of import. */
export type ImportFields = {
  readonly userId: UserId
  readonly provider: ProviderId
  readonly email: string | null
  readonly accountId: string | null
  readonly params: Readonly<Record<string, string>>
  readonly label: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
}

export type TokenImport = ImportFields & {
  /** At least one of the two tokens must be set. */
  readonly accessToken: Secret | null
  readonly refreshToken: Secret | null
  readonly scope: readonly string[] | null
  readonly expiresAt: Instant | null
  readonly client: { readonly id: string; readonly secret: Secret | null } | null
}

/**
 * Imports tokens: stores them as a draft, then proves them. If a connection of this user has ever
 * had the refresh token, nothing changes, so that a repeated import cannot restore a spent token.
 */
export async function importTokens(
  ports: ProveNeeds,
  caller: Caller,
  request: TokenImport,
): Promise<Imported> {
  return importDraft(ports, draftFromTokens(ports, caller, request))
}

export function draftFromTokens(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  request: TokenImport,
): NewDraft {
  const provider = providerFor(ports, caller, request)
  checkImport(request, provider)
  const { refreshToken, accountId: id, email, client } = request
  const blank = { ...blankDraft(ports, request, { id, email, name: null }), client }
  const now = ports.clock.now()
  const draft = draftWithGrant(blank, importedGrant(ports, provider, request), now)
  return {
    draft,
    refreshToken,
    refusal: refusalOf(request, now),
    findHolder: (trx) =>
      refreshToken === null
        ? holderOfAccessToken(trx, draft)
        : holderOfRefreshToken(trx, caller, request),
  }
}

/** Throws if the caller may not use the user or the provider. */
export function providerFor(
  ports: Pick<ProveNeeds, 'providers'>,
  caller: Caller,
  { userId, provider }: Pick<ImportFields, 'userId' | 'provider'>,
): Provider {
  if (!reachesUser(caller, userId)) throw new VaultError('not_found', 'no such user')
  return requireReached(ports, caller, provider)
}

function checkImport(request: TokenImport, provider: Provider): void {
  const errors: FieldError[] = [...checkParams(provider, request.params)]
  if (provider.connectsBy !== 'link') {
    const detail = `the provider connects by ${provider.connectsBy}, not by tokens`
    errors.push({ in: 'body', name: 'provider', detail })
  }
  if (request.accessToken === null && request.refreshToken === null) {
    errors.push({ in: 'body', name: 'accessToken', detail: 'one of the two tokens is required' })
  }
  requireValid(errors, 'the tokens cannot be imported')
}

/** The error for an expired access token without a refresh token, else null. */
function refusalOf(
  { accessToken, refreshToken, expiresAt }: TokenImport,
  now: Instant,
): VaultError | null {
  if (accessToken === null || refreshToken !== null) return null
  if (expiresAt === null || expiresAt > now) return null
  const detail = 'is required: an access token that has expired can never be served'
  const { detail: message, ...why } = OVER
  const errors = [{ in: 'body', name: 'refreshToken', detail }] as const
  return new VaultError('invalid_request', message, { ...why, errors })
}

/** Finds the connection or draft of this user that has, or once had, this refresh token. */
export async function holderOfRefreshToken(
  trx: Writes,
  caller: Caller,
  { userId, provider, refreshToken }: Pick<TokenImport, 'userId' | 'provider' | 'refreshToken'>,
): Promise<LiveConnection | null> {
  if (refreshToken === null) return null
  const found = await trx.holderOfRefreshToken(provider, refreshToken)
  const holder = found === null ? null : await trx.connection(found.connectionId)
  if (holder === null) return null
  // A consent that waits for the app's confirmation lives on this refresh token.
  if (!isLive(holder)) throw new VaultError('conflict', TOKEN_OF_ANOTHER)
  if (holder.userId === userId) return holder
  throw tokenOfAnother(caller, holder)
}

/**
 * The error contains the connection's id only if the caller may see it, and never the id of a
 * draft.
 */
export function tokenOfAnother(caller: Caller, holder: LiveConnection): VaultError {
  const connectionId = holder.draft === null ? holder.id : holder.draft.replaces
  const isSeen = connectionId !== null && reachesUser(caller, holder.userId)
  return new VaultError('conflict', TOKEN_OF_ANOTHER, isSeen ? { connectionId } : {})
}

const TOKEN_OF_ANOTHER = 'another connection holds this refresh token'

async function holderOfAccessToken(
  trx: Writes,
  { userId, provider, grant }: LiveConnection,
): Promise<LiveConnection | null> {
  const all = await trx.connectionsOf(userId, provider)
  return all.filter(isLive).find((one) => one.grant.token?.tokenId === grant.token?.tokenId) ?? null
}

/** A draft without a grant. */
export function blankDraft(
  ports: Pick<ProveNeeds, 'clock' | 'random'>,
  { userId, provider, label, metadata, params }: ImportFields,
  account: Account,
) {
  return newConnection(ports, {
    userId,
    provider,
    account,
    label,
    metadata: metadata ?? {},
    params,
    providerData: {},
    client: null,
    draft: { replaces: null },
  })
}

/** The usual lifetime of an access token, assumed if the preset states none. */
const USUAL_LIFE_MS = 3_600_000

/**
 * A grant with imported tokens. Estimates when the access token was issued, because the app does
 * not state this.
 */
export function importedGrant(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'endpoint'>,
  provider: Provider,
  imported: Pick<TokenImport, 'accessToken' | 'refreshToken' | 'scope' | 'expiresAt'> & {
    readonly client: ClientCredentials | null
  },
) {
  const { expiresAt, scope, refreshToken } = imported
  const now = ports.clock.now()
  const life = provider.refresh.accessTokenLifetimeMs ?? USUAL_LIFE_MS
  const sentAt = expiresAt === null ? now : Math.min(now, expiresAt - life)
  const accessToken = imported.accessToken ?? new Secret('')
  const tokens = {
    accessToken,
    tokenType: 'Bearer',
    expiresInSeconds: expiresAt === null ? null : (expiresAt - sentAt) / 1000,
    refreshToken,
    refreshTokenExpiresInSeconds: null,
    scope,
    providerData: {},
  }
  const received = {
    kind: 'tokens',
    tokens,
    sentAt,
    tokenId: tokenIdOf(ports, accessToken),
  } as const
  const grant = oauthGrant(newId('grt', now, ports.random.bytes(10)), received, {
    ...provider,
    requestedScope: scope ?? [],
    issuedTo: ports.endpoint.clientName(provider.id, imported.client),
    owner: { is: 'unproven', told: null },
  })
  return imported.accessToken === null ? { ...grant, token: null } : grant
}
