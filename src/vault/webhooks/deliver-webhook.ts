import type { Instant } from '../../core/base/ids.ts'
import type { StoredEvent } from '../../core/events/event.ts'
import type { WebhookEndpoint, WebhookState } from '../../core/events/webhook.ts'
import {
  afterDelivery,
  holdAfter,
  maySend,
  type Run,
  type RunEnd,
} from '../../core/events/webhook-delivery.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Plan, planDelivery } from './plan-delivery.ts'

/** How many events are sent to one endpoint in parallel, each of another subject. */
const SENT_AT_ONCE = 4
/** After this time, the batch sends no further event, so that all requests end within the claim. */
const BEGUN_WITHIN_MS = 20_000
/** Longer than `BEGUN_WITHIN_MS` plus the deadline of a delivery. */
const CLAIM_MS = 60_000
/** A smaller step of the clock delays a retry by less than a minute. */
const TOLERATED_STEP_MS = 60_000

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'observer' | 'webhooks'>

/**
 * Sends the next events to an endpoint. The job calls it until it returns 0. An event may arrive
 * twice, but never before the receiver has accepted the earlier events of its subject.
 */
export async function deliverWebhook(ports: Needs, endpoint: WebhookEndpoint): Promise<number> {
  const now = ports.clock.now()
  const begunAt = { wall: now, monotonic: ports.clock.monotonic() }
  const state = await ports.store.webhookState(endpoint.id)
  if (state === null || !maySend(state, now)) return 0
  const plan = await planDelivery(ports, endpoint, { state, now })
  if (plan === null) return 0
  if (!(await claim(ports, state, plan))) return 0
  const sending = new Sending(ports, endpoint, state)
  const ends = await sending.sendAll(plan.runs)
  const after = withoutFuture(sending.state, begunAt, ports.clock)
  await settle(ports, { before: state, after, plan, ends })
  return sending.isStopped ? 0 : 1
}

/**
 * If the clock was set back during the delivery, future times become the present time. The job that
 * follows the clock may have run already, and would not see them.
 */
function withoutFuture(
  state: WebhookState,
  begunAt: { readonly wall: Instant; readonly monotonic: number },
  clock: Ports['clock'],
): WebhookState {
  const now = clock.now()
  const passedMs = clock.monotonic() - begunAt.monotonic
  if (now - begunAt.wall > passedMs - TOLERATED_STEP_MS) return state
  const { dueAt, failingSince, lastFailure, lastAcceptedAt, disabled } = state
  return {
    ...state,
    dueAt: Math.min(dueAt, now),
    failingSince: failingSince && Math.min(failingSince, now),
    lastFailure: lastFailure && { ...lastFailure, at: Math.min(lastFailure.at, now) },
    lastAcceptedAt: lastAcceptedAt && Math.min(lastAcceptedAt, now),
    disabled: disabled && { ...disabled, at: Math.min(disabled.at, now) },
  }
}

/**
 * Commits a claim before anything is sent, so that after a crash or a failed write the same events
 * are not sent again at once.
 */
async function claim(
  ports: Pick<Ports, 'clock' | 'store'>,
  { id }: WebhookState,
  plan: Plan,
): Promise<boolean> {
  if (plan.runs.every(({ events }) => events.length === 0)) return true
  const now = ports.clock.now()
  const { won } = await ports.store.write((trx) =>
    trx.claimWebhook(id, { now, until: now + CLAIM_MS }),
  )
  return won
}

/** Sends one batch, with several runs in parallel. Stops if an answer requires a pause. */
class Sending {
  readonly #ports: Needs
  readonly #endpoint: WebhookEndpoint
  readonly #begunBefore: number
  #state: WebhookState
  #isStopped = false

  constructor(ports: Needs, endpoint: WebhookEndpoint, state: WebhookState) {
    this.#ports = ports
    this.#endpoint = endpoint
    this.#state = state
    this.#begunBefore = ports.clock.monotonic() + BEGUN_WITHIN_MS
  }

  get state(): WebhookState {
    return this.#state
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  async sendAll(runs: readonly Run[]): Promise<ReadonlyMap<Run, RunEnd>> {
    const ends = new Map<Run, RunEnd>()
    const waiting = runs.values()
    const lane = async (): Promise<void> => {
      for (const run of waiting) ends.set(run, await this.#sendRun(run))
    }
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, lane))
    return ends
  }

  async #sendRun(run: Run): Promise<RunEnd> {
    for (const [accepted, event] of run.events.entries()) {
      if (!this.#goesOn()) return { accepted, end: 'untried' }
      const end = await this.#send(event)
      if (end !== 'done') return { accepted, end }
    }
    return { accepted: run.events.length, end: 'done' }
  }

  #goesOn(): boolean {
    const { clock } = this.#ports
    if (this.#isStopped || clock.monotonic() > this.#begunBefore) return false
    return maySend(this.#state, clock.now())
  }

  async #send(event: StoredEvent): Promise<RunEnd['end']> {
    const { webhooks, clock, random, observer } = this.#ports
    const outcome = await webhooks.deliver(this.#endpoint, event)
    const at = { now: clock.now(), fraction: random.fraction() }
    this.#state = afterDelivery(this.#state, outcome, at)
    const about = { webhook: this.#endpoint.id, event: event.id }
    switch (outcome.kind) {
      case 'accepted':
        observer.webhookAccepted(about)
        return 'done'
      case 'stopped':
        this.#isStopped = true
        return 'untried'
      default: {
        const detail = outcome.kind === 'gone' ? 'http_410' : outcome.detail
        observer.webhookFailed({ ...about, outcome: outcome.kind, detail })
        return 'failed'
      }
    }
  }
}

type Delivered = {
  readonly before: WebhookState
  readonly after: WebhookState
  readonly plan: Plan
  readonly ends: ReadonlyMap<Run, RunEnd>
}

async function settle(ports: Needs, delivered: Delivered): Promise<void> {
  const { before, plan } = delivered
  const now = ports.clock.now()
  const reached = { position: plan.position, cursor: before.cursor }
  const at = { now, fraction: ports.random.fraction(), ...reached }
  const saved = await ports.store.write(async (trx) => {
    const current = await trx.webhookState(before.id)
    if (current === null) return null
    for (const [run, end] of delivered.ends) {
      await trx.saveHold(before.id, run.hold, holdAfter(run, end, at))
    }
    const merged = merge(current, delivered)
    const wasEnabled = current.enableCount !== before.enableCount
    if (wasEnabled) await trx.hurryHolds(before.id, now)
    await trx.saveWebhook(merged)
    await trx.endClaim(before.id)
    return merged
  })
  if (saved !== null && saved.disabled !== null) {
    ports.observer.webhookDisabled({ webhook: before.id, reason: saved.disabled.reason })
  }
  if (plan.lost > 0) ports.observer.webhookLost({ webhook: before.id, count: plan.lost })
}

/** Keeps changes that an operator or a clock step made during the delivery. */
function merge(current: WebhookState, { before, after, plan }: Delivered): WebhookState {
  const { failures, failingSince, dueAt, disabled, enableCount } = current
  const isSame =
    current.replay?.after === before.replay?.after && current.replay?.until === before.replay?.until
  return {
    ...after,
    ...(after.dueAt === before.dueAt && { dueAt }),
    ...(after.failingSince === before.failingSince && { failingSince }),
    ...(enableCount !== before.enableCount && { failures, failingSince, dueAt, disabled }),
    enableCount,
    cursor: Math.max(current.cursor, plan.cursor),
    replay: isSame ? plan.replay : current.replay,
    lost: current.lost + plan.lost,
  }
}
