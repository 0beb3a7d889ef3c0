import { isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { StoreError } from '../../core/base/errors.ts'
import type { AttemptId } from '../../core/base/ids.ts'
import type {
  AttemptOutcome,
  LandedResult,
  OtherAccount,
} from '../../core/refresh/refresh-outcome.ts'
import { onGrantOf } from '../../core/refresh/shared-grant.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { adoptLateRotation } from './adopt-late-rotation.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'
import { recordChange, tryRecordChange } from './record-change.ts'
import { leaderOf } from './siblings.ts'
import { reportDisconnected } from './report-disconnected.ts'
import type { JournalEntry } from '../../ports/journal.ts'

type Needs = Pick<
  Ports,
  | 'clock'
  | 'random'
  | 'store'
  | 'sealer'
  | 'endpoint'
  | 'providers'
  | 'observer'
  | 'flights'
  | 'journal'
>

/** A refresh result that must be committed. */
export type Landing = {
  readonly attempt: AttemptId
  readonly before: LiveConnection
  readonly after: LiveConnection
  readonly outcome: AttemptOutcome | OtherAccount
  /** The journal entry of the rotation. Null if there is no rotation. */
  readonly entry: JournalEntry | null
  /** Additional writes in the same transaction. */
  readonly also: (trx: Writes) => Promise<void>
}

const LONGEST_WAIT_MS = 5_000

/**
 * Commits the result of a refresh. Returns false if the row was changed meanwhile. If the store
 * fails, the result is parked and the write is retried, because the provider cannot be asked again.
 * A rotation is written to the journal first. If that fails too, this function returns only after
 * the commit: no caller may use tokens that a crash would lose.
 */
export async function saveRefresh(ports: Needs, landing: Landing): Promise<boolean> {
  try {
    return await commit(ports, landing)
  } catch (error) {
    report(ports, landing, error)
  }
  const { outcome, entry } = landing
  const isRotation = receivedRefreshToken(outcome) !== null
  const isSafe = !isRotation || (entry !== null && ports.journal.keep(entry))
  if (!isSafe) return saveFromMemory(ports, landing)
  park(ports, landing)
  return true
}

/** Keeps the result in memory for all callers until it is committed. */
export function park(ports: Needs, landing: Landing): void {
  const { after: connection, outcome } = landing
  const result: LandedResult =
    outcome.kind === 'ok' || outcome.kind === 'confirmed'
      ? { kind: 'refreshed', connection }
      : { kind: 'failed', connection, outcome }
  ports.flights.park(result, (ending) => saveEventually(ports, landing, ending))
}

/** The rotation is only in memory: if the process ends now, the user must reconnect. */
async function saveFromMemory(ports: Needs, landing: Landing): Promise<boolean> {
  const { id, provider } = landing.before
  ports.observer.rotationInMemory({ id, provider })
  const won = await saveEventually(ports, landing)
  ports.observer.rotationSaved({ id, provider })
  return won
}

/**
 * Retries the commit until it succeeds. If the process is `ending`, tries once more and then leaves
 * the rotation in the journal for the next process.
 */
async function saveEventually(
  ports: Needs,
  landing: Landing,
  ending?: AbortSignal,
): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    await ports.clock.sleep(Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(tries, 10)), ending)
    try {
      return await commit(ports, landing)
    } catch (error) {
      report(ports, landing, error)
      if (ending?.aborted) return false
    }
  }
}

/** Logs any error and continues, so that the answer is not lost. The store logs its own errors. */
function report({ observer }: Needs, { before }: Landing, error: unknown): void {
  if (error instanceof StoreError) return
  observer.refreshBroke({ id: before.id, provider: before.provider, error })
}

/**
 * Commits the result and all its events in one transaction, fenced by grant and generation. Then
 * removes the journal entry.
 */
async function commit(ports: Needs, landing: Landing): Promise<boolean> {
  const { before, outcome, entry } = landing
  const changes = await ports.store.write(async (trx) => {
    await landing.also(trx)
    const after = await withEdits(trx, landing)
    const recorded = await tryRecordChange(ports, trx, { before, after })
    if (recorded === null) {
      await dropLateTokens(ports, trx, landing)
      return null
    }
    const received = receivedRefreshToken(outcome)
    if (received !== null) await trx.rememberRefreshToken(after, received, 'received')
    return recorded
  })
  reportDisconnected(ports, changes ?? [])
  if (entry !== null) ports.journal.drop(entry)
  return changes !== null
}

/**
 * Keeps label and metadata that were edited during the refresh. They are sealed together with the
 * account, which the refresh writes.
 */
async function withEdits(
  trx: Pick<Writes, 'connection'>,
  { before, after }: Landing,
): Promise<LiveConnection> {
  if (after.account === before.account) return after
  const current = await trx.connection(before.id)
  if (current === null) return after
  return { ...after, label: current.label, metadata: current.metadata }
}

/**
 * Called if the row was deleted or has a newer grant. Gives the late tokens to the connection that
 * needs them, or revokes them.
 */
async function dropLateTokens(
  ports: Needs,
  trx: Writes,
  { attempt, before, after, outcome }: Landing,
): Promise<void> {
  const current = await trx.connection(before.id)
  const isSameGrant = current !== null && isLive(current) && current.grant.id === before.grant.id
  // Another process rotated the same grant. Revoking these tokens would end the tokens of that
  // process too.
  if (isSameGrant) return
  const received = receivedRefreshToken(outcome)
  if (await adoptLateRotation(ports, trx, { attempt, received, open: after.attempt })) return
  const isRenewed = after.grant !== before.grant
  const sibling = current === null && isRenewed ? await leaderOf(ports, trx, before) : before
  if (sibling.id !== before.id && isOnGrantOf(ports, before, sibling)) {
    await recordChange(ports, trx, { before: sibling, after: onGrantOf(after, sibling) })
    return
  }
  const accessToken = outcome.kind === 'ok' ? outcome.tokens.accessToken : null
  const refreshToken = received ?? (accessToken && before.grant.refreshToken)
  const formerHolder = before.id
  await queueRevocation(ports, trx, { holder: before, refreshToken, accessToken, formerHolder })
}

function isOnGrantOf(ports: Needs, { grant }: LiveConnection, sibling: LiveConnection): boolean {
  return (
    grant.kind === 'machine' ||
    isSameRefreshToken(ports, grant.refreshToken, sibling.grant.refreshToken)
  )
}

export function receivedRefreshToken(outcome: Landing['outcome']): Secret | null {
  if (outcome.kind === 'ok') return outcome.tokens.refreshToken
  if (outcome.kind === 'other_account') return outcome.received
  return 'salvaged' in outcome ? (outcome.salvaged ?? null) : null
}
