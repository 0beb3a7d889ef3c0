import { viewStoredEvent } from '../core/events/connection-view.ts'
import type { StoredEvent } from '../core/events/event.ts'
import type { Instant } from '../core/base/ids.ts'
import { retryAfterMs } from '../core/base/retry-after.ts'
import type { Secret } from '../core/base/secret.ts'
import type { DeliveryOutcome, WebhookEndpoint, WebhookId } from '../core/events/webhook.ts'
import { connect, type ConnectFault, connectFault, type Connector } from '../outgoing/connect.ts'
import { cutOf, type Cut, exchange } from '../outgoing/exchange.ts'
import type { Clock, Webhooks } from '../ports/ports.ts'
import { signatureHeaders } from './sign.ts'

export type WebhookOptions = {
  readonly endpoints: readonly WebhookEndpoint[]
  readonly clock: Pick<Clock, 'now'>
  /** Limits the whole exchange, from the DNS look-up to the last byte. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 15_000
const CONNECT_TIMEOUT_MS = 5_000
/** How many bytes of a response body Larder reads at most. Larder ignores the content. */
const ANSWER_LIMIT = 64 * 1024

/** These statuses mean that the receiver is busy, not that the receiver refuses the event. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504])

export type OpenWebhooks = Webhooks &
  Disposable & {
    /** The next delivery uses the new secrets. */
    replaceSecrets(id: WebhookId, secrets: readonly Secret[]): void
  }

/**
 * Sends events to receivers. Allows http and private addresses, because only the operator sets the
 * address of a receiver. Disposing aborts running deliveries.
 */
export function openWebhooks(options: WebhookOptions): OpenWebhooks {
  const stop = new AbortController()
  const { clock, deadlineMs = DEADLINE_MS } = options
  let { endpoints } = options
  return {
    get endpoints() {
      return endpoints
    },
    replaceSecrets: (id, secrets) => {
      endpoints = endpoints.map((known) => (known.id === id ? { ...known, secrets } : known))
    },
    deliver: async (endpoint, event) => {
      if (stop.signal.aborted) return { kind: 'stopped' }
      const now = clock.now()
      // The secrets may have been replaced since the caller got the endpoint.
      const current = endpoints.find(({ id }) => id === endpoint.id) ?? endpoint
      const request = requestFor(current, event, Math.floor(now / 1000))
      const answer = await post(request, { deadlineMs, stop: stop.signal })
      return typeof answer === 'string' ? failureOf(answer) : sortAnswer(answer, now)
    },
    [Symbol.dispose]: () => stop.abort(),
  }
}

function requestFor(endpoint: WebhookEndpoint, event: StoredEvent, sentAtSeconds: number) {
  const body = JSON.stringify(viewStoredEvent(event))
  return {
    url: endpoint.url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'larder',
      ...signatureHeaders({ id: event.id, sentAtSeconds, body }, endpoint.secrets),
    },
  }
}

type Answer = { readonly status: number; readonly retryAfter: string | null }
/** All values are constants, because operators see them. */
type Fault = ConnectFault | Cut | 'reset'

const connector: Connector = (url, signal) =>
  connect(url, { timeoutMs: CONNECT_TIMEOUT_MS, signal })

/** Returns the status and Retry-After. Reads the body and ignores its content. */
async function post(
  request: ReturnType<typeof requestFor>,
  options: { readonly deadlineMs: number; readonly stop: AbortSignal },
): Promise<Answer | Fault> {
  const sent = await exchange(
    { method: 'POST', ...request },
    { connector, bodyLimit: ANSWER_LIMIT, ...options },
  )
  if (sent.kind === 'not_sent') return cutOf(sent.reason) ?? connectFault(sent.reason)
  const { head, failure } = sent
  if (head === null) return failure === 'deadline' || failure === 'stopped' ? failure : 'reset'
  return { status: head.status, retryAfter: head.fields.get('retry-after')?.[0] ?? null }
}

function sortAnswer({ status, retryAfter }: Answer, now: Instant): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  if (status === 410) return { kind: 'gone' }
  const detail = `http_${status}`
  if (!BUSY.has(status)) return { kind: 'refused', detail }
  return { kind: 'unavailable', detail, retryAfterMs: retryAfterMs(retryAfter, now) }
}

function failureOf(fault: Fault): DeliveryOutcome {
  if (fault === 'stopped') return { kind: 'stopped' }
  return { kind: 'unavailable', detail: fault, retryAfterMs: null }
}
