import { expect, test } from 'vitest'
import { refreshDue } from '../../src/vault/refresh-due.ts'
import { until } from '../support/until.ts'
import { openStage, type Stage } from '../support/vault-stage.ts'

const MINUTE = 60_000

test('a rate that is no whole number is a rate', async () => {
  await using stage = await openStage({ policy: { ratePerSecond: 4.5 } })
  const adopted = await adopt(stage, 3)
  stage.clock.pass(2 * MINUTE)
  expect(await refreshDue(stage.ports)).toBe(3)
  await until('all to be refreshed', () => areRefreshed(stage, adopted))
})

type Adopted = Awaited<ReturnType<Stage['adopt']>>

/** Due after two minutes. */
function adopt(stage: Stage, count: number): Promise<readonly Adopted[]> {
  return Promise.all(Array.from({ length: count }, () => stage.adopt({ accessTokenSeconds: 60 })))
}

async function areRefreshed(stage: Stage, adopted: readonly Adopted[]): Promise<boolean> {
  const all = await Promise.all(adopted.map(({ connection }) => stage.stored(connection.id)))
  return all.every(({ grant }) => grant.generation === 2)
}
