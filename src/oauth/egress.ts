import { type buildConnector, Client, errors } from 'undici'
import type { Instant } from '../core/ids.ts'
import type { Clock } from '../ports.ts'
import { isLoopbackLiteral, type Reach } from './address-guard.ts'
import {
  type AddressesOf,
  Blocked,
  guardedConnector,
  systemAddresses,
} from './guarded-connector.ts'

export type OutgoingRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly reach: Reach
  /** Whole exchange, from the look-up of the name to the last byte. */
  readonly deadlineMs: number
}

export type NotSentReason =
  'blocked' | 'dns' | 'refused' | 'tls' | 'connect_timeout' | 'unreachable' | 'deadline'
export type LostReason = 'reset' | 'deadline' | 'too_large' | 'malformed'

export type EgressResult =
  /** The status line arrived; `complete` says whether all of the body did. */
  | {
      readonly kind: 'answered'
      readonly sentAt: Instant
      readonly status: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly body: Uint8Array
      readonly complete: boolean
    }
  /** Not one byte of the request left this process. */
  | { readonly kind: 'not_sent'; readonly sentAt: Instant; readonly reason: NotSentReason }
  /** The request may have arrived; nothing of an answer did. */
  | { readonly kind: 'lost'; readonly sentAt: Instant; readonly reason: LostReason }

export interface Egress {
  /** Never throws for what a peer does, follows no redirect, keeps no connection. */
  send(request: OutgoingRequest): Promise<EgressResult>
}

export type EgressOptions = {
  readonly clock: Pick<Clock, 'now'>
  readonly addressesOf?: AddressesOf
  readonly connectTimeoutMs?: number
}

/** What is sent to providers could reach into the private network: nothing may be sent at all. */
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

export const BODY_LIMIT = 256 * 1024
const CONNECT_TIMEOUT_MS = 5_000

/**
 * The only door to providers. Throws if the guard against private addresses is not in force, which
 * is tried out before the door is handed over.
 */
export async function openEgress(options: EgressOptions): Promise<Egress> {
  const send = senderOf(options)
  await proveGuard(send)
  // A name is judged by its addresses: tried with one that leads to a cloud's metadata service.
  const toMetadata = senderOf({ ...options, addressesOf: metadataAddress })
  await proveGuard(toMetadata, 'https://guard.invalid/')
  return { send }
}

async function metadataAddress() {
  return [{ address: '169.254.169.254', family: 4 }]
}

/** Throws unless `send` refuses, by the guard, to connect to what `url` names. */
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

/** What is known of an exchange while it runs, so that a deadline leaves nothing behind. */
type Progress = {
  connected: boolean
  head: { status: number; headers: Record<string, string | string[] | undefined> } | null
  readonly chunks: Buffer[]
  size: number
}

function senderOf(options: EgressOptions): Egress['send'] {
  const addressesOf = options.addressesOf ?? systemAddresses
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const connectors = {
    public: guardedConnector('public', addressesOf, timeoutMs),
    loopback: guardedConnector('loopback', addressesOf, timeoutMs),
    private: guardedConnector('private', addressesOf, timeoutMs),
  }
  return async (request) => {
    const sentAt = options.clock.now()
    if (!mayBeSpoken(request)) return { kind: 'not_sent', sentAt, reason: 'blocked' }
    const progress: Progress = { connected: false, head: null, chunks: [], size: 0 }
    const failure = await exchange(request, connectors[request.reach], progress)
    return resultOf(progress, failure, sentAt)
  }
}

/** https; http only to a loopback address that the configuration spells out. */
function mayBeSpoken({ url, reach }: OutgoingRequest): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (reach === 'loopback' && !isLoopbackLiteral(url)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && reach === 'loopback')
}

/** Runs one request over a connection of its own; answers what went wrong, null for nothing. */
async function exchange(
  request: OutgoingRequest,
  connector: buildConnector.connector,
  progress: Progress,
): Promise<unknown> {
  const client = new Client(request.url.origin, {
    pipelining: 0,
    allowH2: false,
    maxResponseSize: BODY_LIMIT,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (target, callback) =>
      connector(target, (...outcome) => {
        progress.connected = outcome[0] === null
        callback(...outcome)
      }),
  })
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<unknown>((passed) => {
    timer = setTimeout(() => {
      // A process that stood still hears its timers first: what came meanwhile goes before them.
      setImmediate(() => setImmediate(() => passed(new Failure('deadline'))))
    }, request.deadlineMs)
  })
  try {
    return await Promise.race([receive(client, request, progress), deadline])
  } finally {
    clearTimeout(timer)
    // Ends what the deadline overtook; a connection is never used again in any case.
    void client.destroy().catch(() => undefined)
  }
}

async function receive(
  client: Client,
  request: OutgoingRequest,
  progress: Progress,
): Promise<unknown> {
  try {
    const { url, method, headers, body } = request
    const path = `${url.pathname}${url.search}`
    const answer = await client.request({ path, method, headers, body, reset: true })
    progress.head = { status: answer.statusCode, headers: answer.headers }
    for await (const chunk of answer.body) {
      const bytes = chunk as Buffer
      if (progress.size + bytes.length > BODY_LIMIT) return new Failure('too_large')
      progress.chunks.push(bytes)
      progress.size += bytes.length
    }
    return null
  } catch (error) {
    return error
  }
}

function resultOf(progress: Progress, failure: unknown, sentAt: Instant): EgressResult {
  const { connected, head, chunks } = progress
  if (head !== null) {
    const body = new Uint8Array(Buffer.concat(chunks))
    return { kind: 'answered', sentAt, ...head, body, complete: failure === null }
  }
  if (!connected) return { kind: 'not_sent', sentAt, reason: notSentReason(failure) }
  return { kind: 'lost', sentAt, reason: lostReason(failure) }
}

/** A failure that has its name already. */
class Failure extends Error {
  readonly reason: 'deadline' | 'too_large'

  constructor(reason: Failure['reason']) {
    super(reason)
    this.reason = reason
  }
}

function notSentReason(error: unknown): NotSentReason {
  if (error instanceof Blocked) return 'blocked'
  if (error instanceof Failure && error.reason === 'deadline') return 'deadline'
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'connect_timeout'
  if (code === 'ECONNREFUSED') return 'refused'
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns'
  return /CERT|TLS|SSL|EPROTO|UNABLE_TO_|HOSTNAME/.test(code) ? 'tls' : 'unreachable'
}

function lostReason(error: unknown): LostReason {
  if (error instanceof Failure) return error.reason
  const malformed =
    error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError
  return malformed ? 'malformed' : 'reset'
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
