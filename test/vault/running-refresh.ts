import { refresh } from '../../src/vault/refresh/refresh.ts'
import type { Deed } from '../scripted-provider/misbehaviour.ts'
import { until } from '../support/until.ts'
import type { Stage } from '../support/vault-stage.ts'

/**
 * Starts a refresh that the provider has processed but not answered, and sets how it will answer.
 */
export async function inTheAir(
  stage: Stage,
  { connection, family }: Pick<Awaited<ReturnType<Stage['adopt']>>, 'connection' | 'family'>,
  deed: Deed | null,
  aim: { readonly next?: number } = {},
) {
  const held = await stage.provider.misbehave(
    { act: 'hold', before: 'answer' },
    { family, next: 1 },
  )
  if (deed !== null) await stage.provider.misbehave(deed, { ...aim, family })
  const landed = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => {
    return (await stage.provider.requests({ endpoint: 'token', family })).length > 0
  })
  return { held, landed }
}
