import { describe, expect, test } from 'vitest'
import { viewConnection } from '../../../src/core/events/connection-view.ts'
import { announceExpiry } from '../../../src/vault/upkeep/announce-expiry.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { openStage, type Stage } from '../../support/vault-stage.ts'

const DAY = 86_400_000
const NEVER = [0, '0', -1, '-1', 0.0, 'never', 1e15, -1e15]
const UNSTATED = [null, '', 'soon', true, [], 0.3]

describe.each([
  ['refresh_token_expires_in', {}],
  ['refresh_expires_in', {}],
  ['x_refresh_token_expires_in', { answer: at('x_refresh_token_expires_in') }],
  ['refresh_token_expires_at', { answer: at('refresh_token_expires_at', 'epoch') }],
])('a grant whose %s', (name, provider) => {
  test.each([...NEVER, ...UNSTATED])(
    'a grant whose expiry is stated as %j is not announced to expire',
    async (value) => {
      await using stage = await openStage({ provider })
      expect(await endAfter(stage, { [name]: value as never })).toBeNull()
      expect(await announceExpiry(stage.ports)).toBe(0)
      stage.clock.pass(300 * DAY)
      expect(await announceExpiry(stage.ports)).toBe(0)
    },
  )

  test('a grant no longer expires after an answer states a lifetime of zero', async () => {
    await using stage = await openStage({ provider })
    const { connection } = await stage.adopt()
    const end = name.endsWith('_at') ? Math.floor(stage.clock.now() / 1000) + 86_400 : '86400'
    expect(await endAfter(stage, { [name]: end as never }, connection)).not.toBeNull()
    expect(await endAfter(stage, { [name]: null as never }, connection)).not.toBeNull()
    expect(await endAfter(stage, { [name]: 0 as never }, connection)).toBeNull()
  })
})

function at(path: string, unit = 'seconds') {
  return { refreshTokenExpiresIn: [{ path, unit }] }
}

type Adopted = Awaited<ReturnType<Stage['adopt']>>['connection']

async function endAfter(stage: Stage, set: Record<string, never>, adopted?: Adopted) {
  const connection = adopted ?? (await stage.adopt()).connection
  await stage.provider.misbehave({ act: 'edit', set }, { next: 1 })
  await refresh(stage.ports, await stage.stored(connection.id), 'scheduled')
  const after = await stage.stored(connection.id)
  expect(after.status).toBe('active')
  return viewConnection(after, stage.clock.now()).grantExpiresAt
}
