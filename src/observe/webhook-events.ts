import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import type { Observer } from '../ports/ports.ts'

/** What `observe/events.ts` says of deliveries to webhooks. */
export function webhookEvents(log: Logger, metrics: Metrics) {
  return {
    webhookAccepted: ({ event: eventId, ...e }) => {
      metrics.webhookDeliveries.inc({ outcome: 'accepted' })
      log.debug({ event: 'webhook.accepted', ...e, eventId }, 'a webhook accepted an event')
    },
    webhookFailed: ({ event: eventId, ...e }) => {
      metrics.webhookDeliveries.inc({ outcome: e.outcome })
      log.warn({ event: 'webhook.failed', ...e, eventId }, 'a webhook did not accept an event')
    },
    webhookDisabled: (e) =>
      log.error({ event: 'webhook.disabled', ...e }, 'a webhook is switched off'),
    webhookEnabled: (e) => log.info({ event: 'webhook.enabled', ...e }, 'a webhook is enabled'),
    webhookLost: (e) => {
      metrics.webhookLost.inc(e.count)
      log.error({ event: 'webhook.lost', ...e }, 'events were swept before a webhook had them')
    },
    webhookReplayed: (e) =>
      log.info({ event: 'webhook.replayed', ...e }, 'a webhook is told events again'),
  } satisfies Partial<Observer>
}
