import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pressContinue } from '../../support/press-continue.ts'
import { beginApiFlow } from '../../../src/vault/connect/begin-api-flow.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { found } from '../../support/canary.ts'
import { linkDemand } from '../../support/link-demand.ts'
import { ACME, openStage, OPERATOR } from '../../support/vault-stage.ts'

test('a copy of the database contains nothing that opens a link or finishes a flow', async () => {
  await using stage = await openStage()
  const { url } = await createLink(stage.ports, OPERATOR, linkDemand())
  const secret = url.split('/').at(-1) ?? ''
  const browserId = 'browser-4711-canary'
  const begun = await pressContinue(stage.ports, { secret, browserId, provider: ACME })
  const headless = await beginApiFlow(stage.ports, OPERATOR, {
    userId: linkDemand().userId,
    provider: ACME,
    callbackUrl: 'https://app.example.com/oauth/callback',
    email: null,
    state: null,
    scope: null,
    params: {},
  })
  const canaries = [
    { name: 'secret of the link', value: secret },
    { name: 'state', value: new URL(begun.url).searchParams.get('state') ?? '' },
    { name: 'state of the app’s own flow', value: headless.state },
    { name: 'browser id', value: browserId },
  ]
  expect(canaries.map(({ value }) => value.length > 15)).toEqual([true, true, true, true])
  for (const file of ['larder.db', 'larder.db-wal']) {
    const content = await readFile(join(stage.vault.dataDir, file))
    expect(found(canaries, content)).toEqual([])
    // Positive control: the search finds values that are in the clear.
    if (file.endsWith('-wal')) expect(content.includes('user-1')).toBe(true)
  }
})
