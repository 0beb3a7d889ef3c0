import { History } from './history.ts'
import type { Family, FamilyId } from './ledger.ts'
import type { ProviderClock } from './clock.ts'
import type { Standing } from './refresh-grant.ts'
import type { Endpoint } from './rules.ts'
import type { TokenKind } from './tokens.ts'

/** All times but `arrivedWall` are the provider's. */
export type RequestRecord = {
  readonly id: number
  /** `connection` for one that ended before anything was read. */
  readonly endpoint: Endpoint | 'connection'
  readonly arrivedAt: number
  readonly arrivedWall: number
  /** When the last byte of the request was read; null if it never was. */
  readAt: number | null
  grantType: string | null
  family: FamilyId | null
  /** The token or code of the request, and its state on arrival. */
  presented: {
    readonly kind: TokenKind
    readonly ordinal: number
    readonly standing: Standing
  } | null
  /** Null if the request was not processed. */
  processedAt: number | null
  /** When the last byte was sent; null if it never was. */
  answeredAt: number | null
  closedAt: number | null
  status: number | null
  /** The error code of RFC 6749 §5.2 of a plain refusal, in any dialect. */
  refused: string | null
  misbehaviour: string | null
  issued: {
    readonly access: number
    readonly refresh: number | null
    readonly rotated: boolean
  } | null
  /** Whether the client could read the outcome from the answer. */
  told: 'plainly' | 'perhaps' | 'nothing'
}

/** Two token requests of one family that were open at once. */
export type Overlap = {
  readonly family: FamilyId
  readonly first: number
  readonly second: number
  readonly from: number
  to: number | null
  /** Whether the client aborted the first request. */
  firstAborted: boolean
}

export type Phase = 'arrived' | 'processed' | 'answered' | 'closed'
export type Awaited = {
  readonly count: number
  readonly phase: Phase
  readonly endpoint?: Endpoint
  readonly family?: FamilyId
  /** Requests up to this one do not count. */
  readonly after?: number
}

type Waiter = { readonly wanted: Awaited; left: number; readonly resolve: () => void }

/** All requests in the order of arrival. */
export class RequestLog {
  readonly overlaps: Overlap[] = []
  #openOverlaps: Overlap[] = []
  readonly #records: History<RequestRecord>
  readonly #clock: ProviderClock
  readonly #open = new Map<FamilyId, RequestRecord[]>()
  #waiters: Waiter[] = []
  tokenRequests = 0

  constructor(clock: ProviderClock, kept: number) {
    this.#clock = clock
    this.#records = new History(kept)
  }

  get records(): readonly RequestRecord[] {
    return this.#records.kept
  }

  get total(): number {
    return this.#records.length
  }

  get dropped(): number {
    return this.#records.dropped
  }

  arrive(endpoint: RequestRecord['endpoint']): RequestRecord {
    const record: RequestRecord = {
      id: this.#records.length + 1,
      endpoint,
      arrivedAt: this.#clock.now(),
      arrivedWall: this.#clock.wall(),
      readAt: null,
      grantType: null,
      family: null,
      presented: null,
      processedAt: null,
      answeredAt: null,
      closedAt: null,
      status: null,
      refused: null,
      misbehaviour: null,
      issued: null,
      told: 'nothing',
    }
    this.#records.push(record)
    if (endpoint === 'token') this.tokenRequests++
    return record
  }

  /** Records that the request was read, and to which family it belongs. */
  identify(record: RequestRecord, family: Family | null): void {
    record.readAt = this.#clock.now()
    record.family = family?.id ?? null
    if (family !== null && record.endpoint === 'token') this.#enter(record, family.id)
    this.#tell(record, 'arrived')
  }

  processed(record: RequestRecord): void {
    record.processedAt = this.#clock.now()
    this.#tell(record, 'processed')
  }

  answered(record: RequestRecord): void {
    record.answeredAt = this.#clock.now()
    this.#tell(record, 'answered')
  }

  closed(record: RequestRecord): void {
    if (record.closedAt !== null) return
    record.closedAt = this.#clock.now()
    this.#leave(record)
    this.#tell(record, 'closed')
  }

  /** Resolves once this number of requests has reached the phase. */
  until(wanted: Awaited): Promise<void> {
    const there = this.records.filter((record) => hasReached(record, wanted)).length
    if (there >= wanted.count) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push({ wanted, left: wanted.count - there, resolve })
    })
  }

  #enter(record: RequestRecord, family: FamilyId): void {
    const open = this.#open.get(family)
    if (open === undefined) return void this.#open.set(family, [record])
    for (const first of open) {
      const ids = { family, first: first.id, second: record.id }
      const overlap = { ...ids, from: record.arrivedAt, to: null, firstAborted: false }
      this.overlaps.push(overlap)
      this.#openOverlaps.push(overlap)
    }
    open.push(record)
  }

  #leave(record: RequestRecord): void {
    if (record.family === null || record.endpoint !== 'token') return
    const open = this.#open.get(record.family)?.filter((other) => other !== record) ?? []
    if (open.length === 0) this.#open.delete(record.family)
    else this.#open.set(record.family, open)
    for (const overlap of this.#openOverlaps) {
      if (overlap.first !== record.id && overlap.second !== record.id) continue
      overlap.to = record.closedAt
      overlap.firstAborted = overlap.first === record.id && record.answeredAt === null
    }
    this.#openOverlaps = this.#openOverlaps.filter(({ to }) => to === null)
  }

  #tell(record: RequestRecord, phase: Phase): void {
    for (const waiter of this.#waiters) {
      if (waiter.wanted.phase !== phase || !isMeant(record, waiter.wanted)) continue
      if (--waiter.left === 0) waiter.resolve()
    }
    this.#waiters = this.#waiters.filter(({ left }) => left > 0)
  }
}

function isMeant(record: RequestRecord, { endpoint, family, after }: Awaited): boolean {
  if (endpoint !== undefined && record.endpoint !== endpoint) return false
  if (family !== undefined && record.family !== family) return false
  return record.id > (after ?? 0)
}

function hasReached(record: RequestRecord, wanted: Awaited): boolean {
  if (!isMeant(record, wanted)) return false
  switch (wanted.phase) {
    case 'arrived':
      return record.readAt !== null
    case 'processed':
      return record.processedAt !== null
    case 'answered':
      return record.answeredAt !== null
    case 'closed':
      return record.closedAt !== null
    default:
      return wanted.phase satisfies never
  }
}
