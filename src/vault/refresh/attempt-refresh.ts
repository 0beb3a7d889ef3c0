import { afterEnd, afterUnreadable } from '../../core/refresh/failure.ts'
import { afterClientChange, afterRefresh } from '../../core/refresh/after-refresh.ts'
import {
  type Attempt,
  isLive,
  type LiveConnection,
  tokenLives,
} from '../../core/connection/connection.ts'
import { unknownSince } from '../../core/refresh/grace.ts'
import { type AttemptId, type Instant, newId } from '../../core/base/ids.ts'
import { mayPresentAgain, type Provider } from '../../core/connection/provider.ts'
import type {
  OtherAccount,
  RefreshOutcome,
  RefreshResult,
  Unfortunate,
} from '../../core/refresh/refresh-outcome.ts'
import { rejectionsWith } from '../../core/refresh/rejection.ts'
import { openOrNull } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import { askProvider, type Evidence } from './ask-provider.ts'
import { judgeOwner, withJudgement } from './judge-owner.ts'
import { updateCircuit } from './update-circuit.ts'
import type { SendResult } from './send-refresh-token.ts'
import { type Landing, receivedRefreshToken, saveRefresh } from './save-refresh.ts'
import { tryRecordChange } from './record-change.ts'
import { reportDisconnected } from './report-disconnected.ts'
import { tokenIdOf } from '../connections/token-id.ts'
import type { JournalEntry } from '../../ports/journal.ts'

export type AttemptNeeds = Pick<
  Ports,
  | 'clock'
  | 'random'
  | 'store'
  | 'sealer'
  | 'endpoint'
  | 'providers'
  | 'observer'
  | 'traffic'
  | 'flights'
  | 'lastReads'
  | 'journal'
  | 'policy'
>

/** Whether the connection was refreshed or reconnected since it was read. */
export function hasMoved(seen: LiveConnection, current: LiveConnection): boolean {
  return seen.grant.id !== current.grant.id || seen.grant.generation !== current.grant.generation
}

/** Refreshes a row that was just read: takes the lease, sends the request, commits the outcome. */
export async function attemptRefresh(
  ports: AttemptNeeds,
  connection: LiveConnection,
  provider: Provider,
): Promise<RefreshResult> {
  const now = ports.clock.now()
  const evidence = evidenceOf(ports, connection, { provider, now })
  if (evidence.kind === 'none') return end(ports, connection, evidence)
  const id = newId('att', now, ports.random.bytes(10))
  const until = now + ports.policy.leaseMs
  const since = unknownSince(connection.attempt, now, provider.refresh)
  // This write also tests the store before a one-time token is spent.
  const intent = await ports.store.write((trx) =>
    trx.beginAttempt(connection, { attempt: id, since, until, dueAt: until }, now),
  )
  if (!intent.won) return resultOfOther(ports, connection)
  const begunAt = ports.clock.monotonic()
  const sent = await askProvider(ports, connection, { provider, evidence })
  const ms = ports.clock.monotonic() - begunAt
  // The refresh token may be spent now, so nothing may cancel the steps before the commit.
  const result = await commitOutcome(ports, connection, { id, provider, sent })
  const outcome = sent.outcome.kind
  ports.observer.refreshTook({ provider: connection.provider, outcome, ms })
  return result
}

/** Nothing can be sent to the provider. `outcome`: the reason, if the grant has not ended. */
type NoEvidence = {
  readonly kind: 'none'
  readonly after: LiveConnection
  readonly outcome?: Unfortunate
}

function evidenceOf(
  ports: AttemptNeeds,
  connection: LiveConnection,
  at: { readonly provider: Provider; readonly now: Instant },
): Evidence | NoEvidence {
  const { grant, client } = connection
  const field = 'client_secret'
  if (client?.secret && openOrNull(client.secret) === null) {
    return unreadable(ports, connection, { field, now: at.now })
  }
  switch (grant.kind) {
    case 'oauth':
      return refreshTokenOf(ports, connection, at)
    case 'machine':
      return { kind: 'client' }
    case 'credentials': {
      const { credentials } = grant
      if (credentials !== null) return { kind: 'credentials', credentials }
      return unreadable(ports, connection, { field: 'credentials', now: at.now })
    }
    default:
      return grant satisfies never
  }
}

function refreshTokenOf(
  ports: AttemptNeeds,
  connection: LiveConnection,
  { provider, now }: { readonly provider: Provider; readonly now: Instant },
): Evidence | NoEvidence {
  const { refreshToken } = connection.grant
  if (refreshToken === null) return withoutRefreshToken(connection, now)
  if (!isOfItsClient(ports, connection)) {
    const { policy, random } = ports
    const at = { now, provider, policy, fraction: random.fraction() }
    const after = afterClientChange(connection, CLIENT_CHANGED, at)
    return { kind: 'none', after, outcome: CLIENT_CHANGED }
  }
  const { attempt } = connection
  if (attempt !== null && !mayPresentAgain(provider.refresh, { sentAt: attempt.sentAt, now })) {
    return { kind: 'none', after: afterEnd(connection, 'interrupted', now) }
  }
  const secret = openOrNull(refreshToken)
  if (secret !== null) return { kind: 'refresh_token', secret }
  return unreadable(ports, connection, { field: 'refresh_token', now })
}

function withoutRefreshToken(connection: LiveConnection, now: Instant): NoEvidence {
  // An unreadable refresh token may become readable again, so the schedule tries again.
  if (connection.failure?.reason === 'unreadable') {
    return { kind: 'none', after: afterUnreadable(connection, now) }
  }
  if (connection.status === 'active' && tokenLives(connection, now)) {
    return { kind: 'none', after: connection }
  }
  return { kind: 'none', after: afterEnd(connection, 'no_refresh_token', now) }
}

function unreadable(
  { observer }: AttemptNeeds,
  connection: LiveConnection,
  { field, now }: { readonly field: string; readonly now: Instant },
): NoEvidence {
  observer.unreadable({ id: connection.id, table: 'connections', field })
  return { kind: 'none', after: afterUnreadable(connection, now) }
}

const CLIENT_CHANGED = {
  kind: 'client_config',
  detail: 'the grant was issued to another client than the one configured',
} as const

function isOfItsClient(ports: AttemptNeeds, { grant, provider, client }: LiveConnection): boolean {
  if (grant.kind !== 'oauth' || grant.issuedTo === null) return true
  return grant.issuedTo === ports.endpoint.clientName(provider, client)
}

async function commitOutcome(
  ports: AttemptNeeds,
  before: LiveConnection,
  flight: {
    readonly id: AttemptId
    readonly provider: Provider
    readonly sent: SendResult
  },
): Promise<RefreshResult> {
  const { outcome, sentAt, earlier } = flight.sent
  // Only a rotation needs the journal. For a machine grant, the client can request another token.
  const isRotation = outcome.kind === 'ok' && before.grant.kind === 'oauth'
  const entry = isRotation ? journalEntry(before, outcome, { id: flight.id, sentAt }) : null
  // Write the journal first: a rotation that is not in the journal is lost if the process crashes.
  if (entry !== null) ports.journal.note(entry)
  const judged = await judgeOwner(ports, before, outcome)
  const ruled = judged.kind === 'other' ? otherAccount(outcome) : outcome
  const refreshed = afterRefresh(before, ruled, {
    now: ports.clock.now(),
    attempt: { id: flight.id, sentAt },
    earlier,
    tokenId: outcome.kind === 'ok' ? tokenIdOf(ports, outcome.tokens.accessToken) : '',
    othersRefreshed: othersRefreshed(ports, before, outcome),
    ownClient: before.client !== null,
    provider: flight.provider,
    policy: ports.policy,
    fraction: ports.random.fraction(),
  })
  const after = withJudgement(refreshed, judged)
  const noted = updateCircuit(ports, before, outcome)
  const won = await saveRefresh(ports, {
    attempt: flight.id,
    before,
    after,
    outcome: ruled,
    entry,
    also: noted.write,
  })
  if (won) return announce(ports, after, ruled)
  if (receivedRefreshToken(outcome) !== null) {
    ports.observer.refreshLost({ id: before.id, provider: before.provider })
  }
  return resultOfOther(ports, before)
}

function otherAccount(outcome: Landing['outcome']): OtherAccount {
  const detail = 'the refresh token belongs to another account than the access token'
  return { kind: 'other_account', detail, received: receivedRefreshToken(outcome) }
}

function othersRefreshed(
  ports: AttemptNeeds,
  before: LiveConnection,
  outcome: SendResult['outcome'],
): boolean {
  const rejections = rejectionsWith(before.failure?.rejections, outcome, ports.clock.now())
  if (rejections === null || outcome.kind !== 'unknown_refusal') return false
  const client = ports.endpoint.clientKey(before.provider, before.client)
  const of = { since: rejections.since, isOwn: outcome.isOwn === true }
  return ports.traffic.hasRefreshedOther(client, before, of)
}

function journalEntry(
  { id: connectionId, grant }: LiveConnection,
  { tokens }: Extract<RefreshOutcome, { kind: 'ok' }>,
  { id: attempt, sentAt }: Attempt,
): JournalEntry {
  return { attempt, connectionId, grantId: grant.id, generation: grant.generation, sentAt, tokens }
}

function announce(
  ports: AttemptNeeds,
  connection: LiveConnection,
  outcome: Landing['outcome'],
): RefreshResult {
  const { id, provider } = connection
  if (outcome.kind === 'ok') {
    ports.observer.refreshed({ id, provider, generation: connection.grant.generation })
    return { kind: 'refreshed', connection }
  }
  if (outcome.kind === 'confirmed') {
    ports.observer.confirmed({ id, provider })
    return { kind: 'refreshed', connection }
  }
  ports.observer.refreshFailed({ id, provider, outcome: outcome.kind, detail: outcome.detail })
  return { kind: 'failed', connection, outcome }
}

async function end(
  ports: AttemptNeeds,
  before: LiveConnection,
  { after, outcome }: Omit<NoEvidence, 'kind'>,
): Promise<RefreshResult> {
  if (after === before) return { kind: 'ended', connection: before }
  const changes = await ports.store.write((trx) => tryRecordChange(ports, trx, { before, after }))
  if (changes === null) return resultOfOther(ports, before)
  reportDisconnected(ports, changes)
  return outcome === undefined
    ? { kind: 'ended', connection: after }
    : announce(ports, after, outcome)
}

/** Waits for the result of another process, which has the lease or has changed the row. */
async function resultOfOther(ports: AttemptNeeds, seen: LiveConnection): Promise<RefreshResult> {
  const giveUpAt = ports.clock.monotonic() + ports.policy.deadlineMs
  for (;;) {
    const current = await ports.store.connection(seen.id)
    if (current === null || !isLive(current)) return { kind: 'gone' }
    if (hasMoved(seen, current)) return { kind: 'refreshed', connection: current }
    if (ports.clock.monotonic() >= giveUpAt) {
      const retryAt = ports.clock.now() + LEASE_POLL_MS
      return { kind: 'held', connection: current, reason: 'busy', retryAt }
    }
    await ports.clock.sleep(LEASE_POLL_MS)
  }
}

const LEASE_POLL_MS = 250
