import { type Caller, reachesUser } from '../../core/base/access.ts'
import {
  type Account,
  type ClientCredentials,
  isLive,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { draftWithGrant, oauthGrant } from '../../core/refresh/grant.ts'
import { type Instant, newId, type ProviderId, type UserId } from '../../core/base/ids.ts'
import { checkParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { reachedProvider, unknownProvider } from '../connect/demand-problems.ts'
import { type NewDraft, importDraft, type ImportResult } from './keep-draft.ts'
import { OVER, type ProveNeeds } from './prove-draft.ts'
import { tokenIdOf } from '../connections/token-id.ts'

export type TokenImport = {
  readonly userId: UserId
  readonly provider: ProviderId
  /** At least one of the two tokens. */
  readonly accessToken: Secret | null
  readonly refreshToken: Secret | null
  readonly scope: readonly string[] | null
  /** Worked out from `expiresAt` or `expiresInSeconds` at the door. */
  readonly expiresAt: Instant | null
  readonly email: string | null
  readonly accountId: string | null
  readonly client: { readonly id: string; readonly secret: Secret | null } | null
  readonly params: Readonly<Record<string, string>>
  readonly label: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
}

/** What is said of a connection that is handed in, whatever it lives on. */
export type ImportFields = Pick<
  TokenImport,
  'userId' | 'provider' | 'email' | 'accountId' | 'params' | 'label' | 'metadata'
>

/**
 * Takes over tokens that the host app holds. They are sealed before anything is proven; a refresh
 * token that came without a live access token is proven by refreshing at once. One that this user's
 * connection has ever held changes nothing, so that a repeated import cannot put a spent one back.
 */
export async function importTokens(
  ports: ProveNeeds,
  caller: Caller,
  demand: TokenImport,
): Promise<ImportResult> {
  return importDraft(ports, draftFromTokens(ports, caller, demand))
}

export function draftFromTokens(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  demand: TokenImport,
): NewDraft {
  const provider = providerFor(ports, caller, demand)
  checkImport(demand, provider)
  const { refreshToken } = demand
  const draft = draftOf(ports, demand, provider)
  return {
    draft,
    refreshToken,
    refusal: isOver(demand, ports.clock.now()) ? over() : null,
    holder: (trx) =>
      refreshToken === null ? holderOfToken(trx, draft) : holderOf(trx, caller, demand),
  }
}

/** The one that is named, as far as the caller reaches. */
export function providerFor(
  ports: Pick<ProveNeeds, 'providers'>,
  caller: Caller,
  demand: Pick<ImportFields, 'userId' | 'provider'>,
): Provider {
  if (!reachesUser(caller, demand.userId)) throw new VaultError('not_found', 'no such user')
  const provider = reachedProvider(ports, caller, demand.provider)
  if (provider === null) throw unknownProvider()
  return provider
}

function checkImport(demand: TokenImport, provider: Provider): void {
  const errors: FieldError[] = [...checkParams(provider, demand.params)]
  if (provider.connectsBy !== 'link') {
    const detail = `the provider connects by ${provider.connectsBy}, not by tokens`
    errors.push({ in: 'body', name: 'provider', detail })
  }
  if (demand.accessToken === null && demand.refreshToken === null) {
    errors.push({ in: 'body', name: 'accessToken', detail: 'one of the two tokens is required' })
  }
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the tokens cannot be taken', { errors })
}

function isOver({ accessToken, refreshToken, expiresAt }: TokenImport, now: Instant): boolean {
  return accessToken !== null && refreshToken === null && expiresAt !== null && expiresAt <= now
}

function over(): VaultError {
  const detail = 'is required: an access token that has expired can never be served'
  const { detail: message, ...why } = OVER
  const errors = [{ in: 'body', name: 'refreshToken', detail }] as const
  return new VaultError('invalid_request', message, { ...why, errors })
}

/** Null where nobody has held this refresh token yet; a draft where it waits for its proof. */
export async function holderOf(
  trx: Writes,
  caller: Caller,
  handed: {
    readonly userId: UserId
    readonly provider: ProviderId
    readonly refreshToken: Secret | null
  },
): Promise<LiveConnection | null> {
  if (handed.refreshToken === null) return null
  const held = await trx.holderOfRefreshToken(handed.provider, handed.refreshToken)
  if (held === null) return null
  const holder = await trx.connection(held.connectionId)
  if (holder === null || holder.status === 'pending') return null
  if (holder.userId === handed.userId) return holder
  throw tokenOfAnother(caller, holder)
}

/** Names it where the caller may know of it, and never a draft. */
export function tokenOfAnother(caller: Caller, holder: LiveConnection): VaultError {
  const connectionId = holder.draft === null ? holder.id : holder.draft.replaces
  const isSeen = connectionId !== null && reachesUser(caller, holder.userId)
  const detail = 'another connection holds this refresh token'
  return new VaultError('conflict', detail, isSeen ? { connectionId } : {})
}

/** A connection of this user that has this access token in hand, and nothing to renew it with. */
async function holderOfToken(trx: Writes, draft: LiveConnection): Promise<LiveConnection | null> {
  const all = await trx.connectionsOf(draft.userId, draft.provider)
  const tokenId = draft.grant.token?.tokenId
  return all.filter(isLive).find(({ grant }) => grant.token?.tokenId === tokenId) ?? null
}

function draftOf(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'endpoint' | 'policy'>,
  demand: TokenImport,
  provider: Provider,
): LiveConnection {
  const now = ports.clock.now()
  const account: Account = { id: demand.accountId, email: demand.email, name: null }
  const blank = { ...blankDraft(ports, demand, account), client: demand.client }
  const grant = importedGrant(ports, provider, demand)
  return draftWithGrant(blank, grant, now)
}

/** All of a draft but what it lives on. */
export function blankDraft(
  ports: Pick<ProveNeeds, 'clock' | 'random'>,
  demand: ImportFields,
  account: Account,
) {
  const now = ports.clock.now()
  return {
    id: newId('con', now, ports.random.bytes(10)),
    userId: demand.userId,
    provider: demand.provider,
    account,
    label: demand.label,
    metadata: demand.metadata ?? {},
    params: demand.params,
    providerData: {},
    client: null,
    draft: { replaces: null },
    createdAt: now,
    updatedAt: now,
    lastRefreshedAt: null,
  }
}

/** An hour: what an access token lives at most providers, where nothing better is known. */
const USUAL_LIFE_MS = 3_600_000

const UNPROVEN = { is: 'unproven', told: null } as const

/** A grant from tokens as they were handed in: how old the access token is, nobody says. */
export function importedGrant(
  ports: Pick<ProveNeeds, 'clock' | 'random' | 'sealer' | 'endpoint'>,
  provider: Provider,
  handed: Pick<TokenImport, 'accessToken' | 'refreshToken' | 'scope' | 'expiresAt'> & {
    readonly client: ClientCredentials | null
  },
) {
  const now = ports.clock.now()
  const life = provider.refresh.accessTokenLifetimeMs ?? USUAL_LIFE_MS
  const { expiresAt, scope, refreshToken } = handed
  const sentAt = expiresAt === null ? now : Math.min(now, expiresAt - life)
  const accessToken = handed.accessToken ?? new Secret('')
  const tokens = {
    accessToken,
    tokenType: 'Bearer',
    expiresInSeconds: expiresAt === null ? null : (expiresAt - sentAt) / 1000,
    refreshToken,
    refreshTokenExpiresInSeconds: null,
    scope,
    providerData: {},
  }
  const requestedScope = scope ?? []
  const id = newId('grt', now, ports.random.bytes(10))
  const tokenId = tokenIdOf(ports, accessToken)
  const arrival = { kind: 'tokens', tokens, sentAt, tokenId } as const
  const issuedTo = ports.endpoint.clientName(provider.id, handed.client)
  const grant = oauthGrant(id, arrival, { ...provider, requestedScope, issuedTo, owner: UNPROVEN })
  return handed.accessToken === null ? { ...grant, token: null } : grant
}
