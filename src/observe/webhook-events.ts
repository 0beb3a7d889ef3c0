import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import type { Observer } from '../ports/observer.ts'

/** The log lines and metrics of webhook deliveries, for `events.ts`. */
export function webhookEvents(log: Logger, metrics: Metrics) {
  return {
    webhookAccepted: ({ event: eventId, ...e }) => {
      metrics.webhookDeliveries.inc({ outcome: 'accepted' })
      log.debug({ event: 'webhook.accepted', ...e, eventId }, 'webhook accepted an event')
    },
    webhookFailed: ({ event: eventId, ...e }) => {
      metrics.webhookDeliveries.inc({ outcome: e.outcome })
      log.warn({ event: 'webhook.failed', ...e, eventId }, 'webhook did not accept an event')
    },
    webhookDisabled: (e) => log.error({ event: 'webhook.disabled', ...e }, 'webhook disabled'),
    webhookEnabled: (e) => log.info({ event: 'webhook.enabled', ...e }, 'webhook enabled'),
    webhookLost: (e) => {
      metrics.webhookLost.inc(e.count)
      log.error({ event: 'webhook.lost', ...e }, 'events deleted before a webhook accepted them')
    },
    webhookReplayed: (e) => log.info({ event: 'webhook.replayed', ...e }, 'webhook replay started'),
  } satisfies Partial<Observer>
}
