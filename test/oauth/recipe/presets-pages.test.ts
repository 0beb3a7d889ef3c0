import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { presetFields } from '../../../src/oauth/recipe/preset-schema.ts'
import { callbackStrategies, clientAuthStrategies } from '../../../src/oauth/request/strategies.ts'
import { createScriptedProvider } from '../../scripted-provider/create-scripted-provider.ts'
import { startLarder } from '../../support/start-larder.ts'
import { until } from '../../support/until.ts'
import { walkLink } from '../../support/walk-link.ts'
import { problemsOf } from './preset-kit.ts'

const PAGE = readFileSync(new URL('../../../docs/adding-a-provider.md', import.meta.url), 'utf8')

/** The example below `<!-- test: name -->`. */
function example(name: string): string {
  const [, block = ''] = PAGE.split(`<!-- test: ${name} -->`)
  return /```\w+\n(.*?)```/s.exec(block)?.[1] ?? ''
}

test('the page on adding a provider names every field and every strategy', () => {
  const named = [
    ...presetFields,
    ...Object.keys({ ...clientAuthStrategies, ...callbackStrategies }),
  ]
  expect(named.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([])
})

test('the page on adding a provider shows a preset as it is in the code', () => {
  const file = new URL('../../../src/oauth/presets/strava.ts', import.meta.url)
  expect(example('strava.ts')).toBe(readFileSync(file, 'utf8'))
})

test('Larder accepts the certificate settings shown on the page on adding a provider', () => {
  const { clientSecretFile: _file, ...settings } = parse(example('certificate.yaml')).providers
    .microsoft
  expect(problemsOf('microsoft', settings)).toEqual([])
})

/** The page's example with this test's provider in place of its own. */
function described(provider: Awaited<ReturnType<typeof createScriptedProvider>>) {
  const text = example('larder.yaml').replaceAll('https://auth.acme.example', provider.origin)
  const { clientSecretFile: _file, ...acme } = parse(text).providers.acme
  return { ...acme, clientId: provider.client.id, clientSecret: provider.client.secret }
}

test('a provider that only larder.yaml describes can be connected, refreshed and revoked', async () => {
  await using provider = await createScriptedProvider()
  const account = { id: 'acc-7', email: 'ada@example.com', name: 'Ada Lovelace' }
  await provider.setAccount(account)
  const redirectUrl = 'https://app.example.com/oauth'
  await using larder = await startLarder({
    providers: { acme: described(provider) },
    redirectUrls: [redirectUrl],
  })
  const demand = { userId: 'user-1', provider: 'acme', redirectUrl }
  const back = await walkLink((await larder.createLink(demand)).url)
  const id = back.searchParams.get('connectionId')
  const connection = await larder.api('GET', `/v1/connections/${id}`)
  expect(connection.body).toMatchObject({
    status: 'active',
    scope: ['profile', 'calendar.read', 'calendar.write'],
    account,
  })
  expect((await larder.api('POST', `/v1/connections/${id}/refresh`)).status).toBe(200)
  const token = await larder.api('GET', `/v1/connections/${id}/token`)
  expect(token.body).toMatchObject({ provider: 'acme', tokenType: 'Bearer', missingScope: [] })

  const grantEnded = {
    act: 'answer',
    status: 401,
    body: { json: { error: 'grant_ended' } },
  } as const
  await provider.misbehave(grantEnded)
  await larder.api('POST', `/v1/connections/${id}/refresh`)
  const lost = await larder.api('GET', `/v1/connections/${id}`)
  expect(lost.body).toMatchObject({ status: 'disconnected', failure: { reason: 'revoked' } })

  await provider.behave()
  const again = await walkLink((await larder.createLink({ ...demand, connectionId: id })).url)
  expect(again.searchParams.get('connectionId')).toBe(id)
  const deleted = await larder.api('DELETE', `/v1/connections/${id}`)
  expect(deleted.body).toEqual({ revocation: 'queued' })
  const newest = await until('the grant to be revoked', async () => {
    const [, second] = (await provider.truth()).families
    return second?.revoked
  })
  expect(newest.cause).toBe('revocation_endpoint')
})
