import type { LiveConnection } from '../../core/connection/connection.ts'
import { isLive } from '../../core/connection/connection.ts'
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
import type { JournalEntry, Writes } from '../../ports/store.ts'
import { adoptLateRotation } from './adopt-late-rotation.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'
import { recordChange, tryRecordChange } from './record-change.ts'
import { leaderOf } from './siblings.ts'
import { reportDisconnected } from './report-disconnected.ts'

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

/** What a refresh comes to, about to be written. */
export type Landing = {
  readonly attempt: AttemptId
  readonly before: LiveConnection
  readonly after: LiveConnection
  readonly outcome: AttemptOutcome | OtherAccount
  /** For the journal; null where nothing was received that would have to be kept. */
  readonly entry: JournalEntry | null
  /** Written in the same transaction. */
  readonly also: (trx: Writes) => Promise<void>
}

const LONGEST_WAIT_MS = 5_000

/**
 * Writes what a refresh came to; answers whether the row was still the one that was refreshed. What the
 * store cannot take is `parked`, and written for as long as it takes: the provider has given its answer
 * and gives no other. A rotation goes to the journal first, where it is as safe; until it is safe
 * somewhere this does not return, so that nobody sees its effect.
 */
export async function saveRefresh(ports: Needs, landing: Landing): Promise<boolean> {
  try {
    return await writeAndForget(ports, landing)
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

/** Whoever asks for the connection is answered with what came of it, until it is written. */
export function park(ports: Needs, landing: Landing): void {
  const { after: connection, outcome } = landing
  const result: LandedResult =
    outcome.kind === 'ok' || outcome.kind === 'confirmed'
      ? { kind: 'refreshed', connection }
      : { kind: 'failed', connection, outcome }
  ports.flights.park(result, (ending) => saveInTheEnd(ports, landing, ending))
}

/** Whoever ends the process now disconnects that user. */
async function saveFromMemory(ports: Needs, landing: Landing): Promise<boolean> {
  const { id, provider } = landing.before
  ports.observer.rotationInMemory({ id, provider })
  const won = await saveInTheEnd(ports, landing)
  ports.observer.rotationSaved({ id, provider })
  return won
}

/**
 * Writes it at the next occasion, however late; then the journal may forget it. What the journal holds
 * need not hold up a process that is `ending`: it is tried once more, and left to the next one.
 */
async function saveInTheEnd(
  ports: Needs,
  landing: Landing,
  ending?: AbortSignal,
): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    await ports.clock.sleep(Math.min(LONGEST_WAIT_MS, 100 * 2 ** Math.min(tries, 10)), ending)
    try {
      return await writeAndForget(ports, landing)
    } catch (error) {
      report(ports, landing, error)
      if (ending?.aborted) return false
    }
  }
}

/** A fault of ours is no reason to forget what a provider has said. The store reports its own. */
function report({ observer }: Needs, { before }: Landing, error: unknown): void {
  if (error instanceof StoreError) return
  observer.refreshBroke({ id: before.id, provider: before.provider, error })
}

async function writeAndForget(ports: Needs, landing: Landing): Promise<boolean> {
  const won = await write(ports, landing)
  if (landing.entry !== null) ports.journal.drop(landing.entry)
  return won
}

/** The one transaction: fenced by grant and generation, with its events. */
async function write(ports: Needs, landing: Landing): Promise<boolean> {
  const { before, outcome } = landing
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
  return changes !== null
}

/** The account is sealed together with label and metadata: an edit made during the refresh must stand. */
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
 * The answer came for a grant that a reconnect or a deletion has replaced: nothing may hold it, but
 * those who lived on the same.
 */
async function dropLateTokens(
  ports: Needs,
  trx: Writes,
  { attempt, before, after, outcome }: Landing,
): Promise<void> {
  const current = await trx.connection(before.id)
  const isSameGrant = current !== null && isLive(current) && current.grant.id === before.grant.id
  // Another holder rotated the same grant meanwhile: revoking ours would take theirs along.
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
