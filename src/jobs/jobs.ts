import { yieldTurn } from '../core/base/yield-turn.ts'
import type { Ports } from '../ports/ports.ts'
import { deliverRevocations } from '../vault/connections/deliver-revocations.ts'
import { deliverWebhook } from '../vault/webhooks/deliver-webhook.ts'
import { checkDatabaseWhenDue } from '../vault/upkeep/check-database.ts'
import { expireConfirmations } from '../vault/upkeep/expire-confirmations.ts'
import { keepWebhooks } from '../vault/webhooks/keep-webhooks.ts'
import type { ClockFollower } from '../vault/upkeep/follow-clock.ts'
import { announceExpiry } from '../vault/upkeep/announce-expiry.ts'
import { refreshDue } from '../vault/upkeep/refresh-due.ts'
import { renewDataKeyWhenDue, reSealRetired } from '../vault/upkeep/renew-data-key.ts'
import { writeLastReads } from '../vault/upkeep/write-last-reads.ts'
import { SCAN } from '../vault/operate/health.ts'
import type { Job } from './schedule.ts'

/** All background work. */
export function jobsOf(ports: Omit<Ports, 'pulse'>, follower: ClockFollower): readonly Job[] {
  return [
    {
      name: 'follow-clock',
      cron: '* * * * *',
      everyTick: true,
      run: (ending) => follower.follow(ending),
    },
    { name: SCAN, cron: '* * * * *', everyTick: true, run: () => refreshDue(ports) },
    {
      name: 'deliver-revocations',
      cron: '* * * * *',
      everyTick: true,
      run: () => deliverRevocations(ports),
    },
    {
      name: 'expire-confirmations',
      cron: '* * * * *',
      everyTick: false,
      run: () => expireConfirmations(ports),
    },
    { name: 'heartbeat', cron: '* * * * *', everyTick: false, run: () => beat(ports) },
    {
      name: 'ask-issuers',
      cron: '* * * * *',
      everyTick: false,
      run: () => ports.endpoint.askIssuers(),
    },
    {
      name: 'check-database',
      cron: '* * * * *',
      everyTick: true,
      run: (ending) => checkDatabaseWhenDue(ports, ending),
    },
    {
      name: 'announce-expiry',
      cron: '*/10 * * * *',
      everyTick: false,
      run: () => announceExpiry(ports),
    },
    // Missed jobs run in this order. Re-sealing comes before the renewal, because a write that is
    // still running after a renewal may seal with the retired key.
    { name: 're-seal', cron: '41 * * * *', everyTick: false, run: () => reSealRetired(ports) },
    {
      name: 'renew-data-key',
      cron: '23 4 * * *',
      everyTick: false,
      run: () => renewDataKeyWhenDue(ports),
    },
    {
      name: 'write-last-reads',
      cron: '*/5 * * * *',
      everyTick: false,
      run: () => writeLastReads(ports),
    },
    { name: 'sweep', cron: '17 * * * *', everyTick: false, run: () => sweep(ports) },
    { name: 'keep-webhooks', cron: '27 * * * *', everyTick: false, run: () => keepWebhooks(ports) },
    // One job per endpoint, so that a receiver that does not respond delays no other.
    ...ports.webhooks.endpoints.map((endpoint) => ({
      name: `deliver-webhook ${endpoint.id}`,
      cron: '* * * * *',
      everyTick: true,
      run: () => drain(ports, () => deliverWebhook(ports, endpoint)),
    })),
  ]
}

/**
 * SQLite overwrites deleted values in the database at once. The log still contains these values, so
 * the heartbeat empties the log each minute.
 */
async function beat({ store }: Pick<Ports, 'store'>): Promise<void> {
  await store.probe()
  await store.emptyLog()
}

async function sweep(ports: Pick<Ports, 'clock' | 'store'>): Promise<number> {
  let removed = 0
  for (;;) {
    const batch = await ports.store.write((trx) => trx.sweep(ports.clock.now()))
    if (batch === 0) return removed
    removed += batch
    await yieldTurn(ports.clock)
  }
}

async function drain({ clock }: Pick<Ports, 'clock'>, work: () => Promise<number>): Promise<void> {
  while ((await work()) > 0) await yieldTurn(clock)
}
