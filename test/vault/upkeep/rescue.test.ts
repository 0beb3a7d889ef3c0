import { expect, test } from 'vitest'
import type { Ports } from '../../../src/ports/ports.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { rescueAttempts } from '../../../src/vault/upkeep/rescue-attempts.ts'
import { openStage } from '../../support/vault-stage.ts'

test('a rescue does not read attempts whose grace is over', async () => {
  await using stage = await openStage({ profile: 'grace' })
  const { connection } = await stage.adopt()
  await stage.provider.misbehave({ act: 'cut', after: 'processing', ending: 'reset' })
  await refresh(stage.ports, connection, 'scheduled')
  const read: number[] = []
  const openAttempts: Ports['store']['openAttempts'] = async (...asked) => {
    const found = await stage.ports.store.openAttempts(...asked)
    read.push(found.length)
    return found
  }
  const ports = { ...stage.ports, store: { ...stage.ports.store, openAttempts } }
  await rescueAttempts(ports, 'when due')
  stage.clock.pass(3_600_000)
  await rescueAttempts(ports, 'at start')
  expect(read).toEqual([1, 0])
})
