import type { Instant } from '../../core/base/ids.ts'
import { listOf, transferCodings } from '../../outgoing/answer-framing.ts'
import { type ConnectFault, connectFault, type TlsFault, tlsFault } from '../../outgoing/connect.ts'
import { cutOf, exchange, type Exchanged, type HttpRequest } from '../../outgoing/exchange.ts'
import type { Clock } from '../../ports/ports.ts'
import { isEndpoint, type Reach } from './address-guard.ts'
import { decodeBody } from '../answer/decode-body.ts'
import {
  type AddressesOf,
  Blocked,
  guardedConnector,
  systemAddresses,
} from './guarded-connector.ts'

export type OutgoingRequest = HttpRequest & {
  readonly reach: Reach
  /** Time limit for the whole exchange, from the DNS look-up to the last byte. */
  readonly deadlineMs: number
}

export type NotSentReason = ConnectFault | TlsFault | 'blocked' | 'deadline'
export type LostReason = 'reset' | 'deadline' | 'too_large' | 'malformed'

export type EgressResult =
  /** The head arrived. `complete` says whether the whole body arrived. */
  | {
      readonly kind: 'answered'
      readonly sentAt: Instant
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
      /** The body after all content codings are decoded. */
      readonly body: Uint8Array
      readonly complete: boolean
    }
  /** No byte of the request left this process. */
  | { readonly kind: 'not_sent'; readonly sentAt: Instant; readonly reason: NotSentReason }
  /** The request may have arrived, but no complete head of an answer came back. */
  | {
      readonly kind: 'lost'
      readonly sentAt: Instant
      readonly reason: LostReason
      /** Whether any byte of an answer arrived. */
      readonly began: boolean
      /** The bytes that arrived without a complete head. */
      readonly received: Uint8Array
    }

export interface Egress {
  /**
   * Does not throw if the provider fails: the result contains the failure. Follows no redirect and
   * reuses no connection.
   */
  send(request: OutgoingRequest): Promise<EgressResult>
}

export type EgressOptions = {
  readonly clock: Pick<Clock, 'now'>
  readonly addressesOf?: AddressesOf
  readonly connectTimeoutMs?: number
}

/**
 * Thrown if requests to providers could reach the private network. Larder must then send no
 * request.
 */
export class GuardError extends Error {
  readonly reason: 'not_in_force' | 'deadline'

  constructor(reason: GuardError['reason']) {
    super(
      reason === 'deadline'
        ? 'the guard against private addresses could not be tried out in time'
        : 'the guard against private addresses is not in force',
    )
    this.name = 'GuardError'
    this.reason = reason
  }
}

export const ANSWER_LIMIT = 256 * 1024
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Opens the egress, the only way to send requests to providers. First tests the guard against
 * private addresses and throws if the guard does not work.
 */
export async function openEgress(options: EgressOptions): Promise<Egress> {
  const send = senderOf(options)
  await proveGuard(send)
  // Also test a host name that resolves to a cloud metadata service.
  const toMetadata = senderOf({ ...options, addressesOf: metadataAddress })
  await proveGuard(toMetadata, 'https://guard.invalid/')
  return { send }
}

async function metadataAddress() {
  return [{ address: '169.254.169.254', family: 4 }]
}

/** Throws unless the guard refuses to connect to `url`. */
export async function proveGuard(send: Egress['send'], url = 'https://127.0.0.1/'): Promise<void> {
  const result = await send({
    method: 'GET',
    url: new URL(url),
    headers: {},
    body: null,
    reach: 'public',
    deadlineMs: CONNECT_TIMEOUT_MS,
  })
  if (result.kind !== 'not_sent') throw new GuardError('not_in_force')
  if (result.reason === 'blocked') return
  throw new GuardError(result.reason === 'deadline' ? 'deadline' : 'not_in_force')
}

function senderOf(options: EgressOptions): Egress['send'] {
  const addressesOf = options.addressesOf ?? systemAddresses
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const connectors = {
    public: guardedConnector('public', addressesOf, timeoutMs),
    loopback: guardedConnector('loopback', addressesOf, timeoutMs),
    private: guardedConnector('private', addressesOf, timeoutMs),
    plain: guardedConnector('plain', addressesOf, timeoutMs),
  }
  return async (request) => {
    const sentAt = options.clock.now()
    if (!isEndpoint(request)) return { kind: 'not_sent', sentAt, reason: 'blocked' }
    const { deadlineMs, reach } = request
    const connector = connectors[reach]
    const exchanged = await exchange(request, { connector, deadlineMs, bodyLimit: ANSWER_LIMIT })
    return resultOf(exchanged, sentAt)
  }
}

function resultOf(exchanged: Exchanged, sentAt: Instant): EgressResult {
  if (exchanged.kind === 'not_sent') {
    return { kind: 'not_sent', sentAt, reason: notSentReason(exchanged.reason) }
  }
  const { head, body, complete, began, failure } = exchanged
  if (head === null) {
    return { kind: 'lost', sentAt, reason: lostReason(failure), began, received: body }
  }
  const { status, fields } = head
  const codings = [...listOf(fields, 'content-encoding'), ...transferCodings(fields)]
  const decoded = decodeBody(body, codings, ANSWER_LIMIT)
  return {
    kind: 'answered',
    sentAt,
    status,
    headers: Object.fromEntries(fields),
    body: decoded ?? new Uint8Array(),
    complete: complete && decoded !== null,
  }
}

function notSentReason(reason: unknown): NotSentReason {
  if (reason instanceof Blocked) return 'blocked'
  if (cutOf(reason) !== null) return 'deadline'
  const fault = connectFault(reason)
  return fault === 'tls' ? tlsFault(reason) : fault
}

function lostReason(failure: Extract<Exchanged, { kind: 'sent' }>['failure']): LostReason {
  return failure === 'stopped' ? 'deadline' : failure
}
