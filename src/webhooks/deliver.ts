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
  /** Whole exchange, from the look-up of the name to the last byte. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 15_000
const CONNECT_TIMEOUT_MS = 5_000
/** What a receiver says is thrown away, and only so much of it waited for. */
const ANSWER_LIMIT = 64 * 1024

/** Ways of a receiver to say that it is the moment, not the event. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504])

export type OpenWebhooks = Webhooks &
  Disposable & {
    /** In force from the next delivery on. */
    replaceSecrets(id: WebhookId, secrets: readonly Secret[]): void
  }

/**
 * Sends events to receivers. Where they are is the operator's decision alone, so there is no guard:
 * http and private addresses are as good as any. Disposed of, it ends what is under way.
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
      // The caller may have got the endpoint before its secrets were replaced.
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
/** A closed list: operators are shown it. */
type Fault = ConnectFault | Cut | 'reset'

const connector: Connector = (url, signal) =>
  connect(url, { timeoutMs: CONNECT_TIMEOUT_MS, signal })

/** The head of the answer decides; the rest is read and dropped. */
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
