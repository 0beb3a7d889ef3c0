import { expect, test } from 'vitest'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { pressContinue } from '../../support/press-continue.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { linkDemand } from '../../support/link-demand.ts'
import { httpAnswer, startRawServer } from '../../odd-servers/raw-server.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import type { LinkRequest } from '../../../src/vault/connect/request-problems.ts'

const EXPECTED = 'ann@example.com'

/** A provider whose userinfo and list of e-mails the test decides. */
async function openWith(answers: Record<string, unknown>, settings: object = {}) {
  await using opened = new AsyncDisposableStack()
  const server = opened.use(
    await startRawServer((socket, request) => {
      const path = request.split(' ')[1] ?? ''
      const body = JSON.stringify(answers[path] ?? {})
      socket.end(httpAnswer(200, body, { 'content-type': 'application/json' }))
    }),
  )
  const provider = { userinfoEndpoint: `${server.url}/me`, ...settings }
  const stage = opened.use(
    await openStage({
      provider:
        'emailRequest' in provider
          ? {
              ...provider,
              emailRequest: { ...(provider.emailRequest as object), url: `${server.url}/emails` },
            }
          : provider,
    }),
  )
  const running = opened.move()
  return { stage, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function connect(stage: Stage, demand: Partial<LinkRequest> = {}) {
  const wish = linkDemand({ redirectUrl: 'https://app.example.com/oauth', ...demand })
  const { url } = await createLink(stage.ports, OPERATOR, wish)
  const begun = await pressContinue(stage.ports, {
    secret: url.split('/').at(-1) ?? '',
    browserId: 'browser-1',
    provider: ACME,
  })
  const consent = await fetch(begun.url, { redirect: 'manual' })
  const callback = new Map(new URL(consent.headers.get('location') ?? '').searchParams)
  const how = { provider: ACME, callback, browserId: 'browser-1' }
  const end = await finishPageFlow(stage.ports, how)
  if (end.kind !== 'redirect') throw new Error(`ended with ${end.kind}`)
  return Object.fromEntries(new URL(end.url).searchParams)
}

const me = (more: object) => ({ '/me': { sub: 'acc-7', email: EXPECTED, ...more } })

test.each([
  ['false', me({ email_verified: false })],
  ['the text "false"', me({ email_verified: 'false' })],
  ['0', me({ email_verified: 0 })],
  ['the text "0"', me({ email_verified: '0' })],
  ['null', me({ email_verified: null })],
  ['a word', me({ email_verified: 'pending' })],
  ['a list', me({ email_verified: [true] })],
  ['missing', me({})],
])('an expected e-mail is refused if email_verified is %s', async (_case, answers) => {
  await using at = await openWith(answers)
  const back = await connect(at.stage, { expectedAccount: EXPECTED })
  expect(back).toMatchObject({ error: 'internal', errorCode: 'account_mismatch' })
  const failed = at.stage.observed.find(({ what }) => what === 'connectFailed')
  expect(failed?.about).toMatchObject({
    detail: expect.stringContaining('expectedAccount must be the account id'),
  })
  expect(JSON.stringify(failed)).not.toContain(EXPECTED)
  // The same account is accepted by its id.
  expect(await connect(at.stage, { expectedAccount: 'acc-7' })).toMatchObject({
    connectionId: expect.any(String),
  })
})

test.each([
  ['true', me({ email_verified: true })],
  ['the text "true"', me({ email_verified: 'true' })],
  ['1', me({ email_verified: 1 })],
  ['the text "True"', me({ email_verified: 'True' })],
])('an expected e-mail is accepted if email_verified is %s', async (_case, answers) => {
  await using at = await openWith(answers)
  const back = await connect(at.stage, { expectedAccount: EXPECTED.toUpperCase() })
  const { account } = await at.stage.stored(back['connectionId'] as ConnectionId)
  expect(account).toMatchObject({ email: EXPECTED, emailVerified: true })
})

const OF_GITHUB = {
  emailRequest: { email: '[primary].email', emailVerified: '[primary].verified' },
  account: { id: 'id', email: 'email' },
}
const primary = (verified: boolean) => [
  { email: 'other@example.com', primary: false, verified: true },
  { email: EXPECTED, primary: true, verified },
]

test.each<[string, boolean, object, unknown]>([
  ['the verified primary one', true, { id: 7 }, primary(true)],
  ['the unverified primary one', false, { id: 7 }, primary(false)],
  ['public, and unverified in the list', false, { id: 7, email: EXPECTED }, primary(false)],
  ['public, and verified in the list', true, { id: 7, email: EXPECTED }, primary(true)],
])(
  'an expected e-mail that is %s in a list of e-mails is accepted: %s',
  async (_case, letIn, user, list) => {
    await using at = await openWith({ '/me': user, '/emails': list }, OF_GITHUB)
    const back = await connect(at.stage, { expectedAccount: EXPECTED })
    expect('connectionId' in back).toBe(letIn)
  },
)

test.each([
  [true, true],
  [false, false],
])(
  'a preset can declare all e-mails of its provider as verified: %s',
  async (emailVerified, letIn) => {
    const account = { id: 'sub', email: 'email', emailVerified }
    await using at = await openWith(me({ email_verified: !emailVerified }), { account })
    const back = await connect(at.stage, { expectedAccount: EXPECTED })
    expect('connectionId' in back).toBe(letIn)
  },
)

test('a consent with an unverified e-mail does not replace a connection that is known by its e-mail', async () => {
  const answers: Record<string, unknown> = { '/me': {} }
  await using at = await openWith(answers)
  const userId = 'user-1' as UserId
  const { connection } = await at.stage.adopt({
    demand: { userId, accountId: null, email: EXPECTED },
  })
  Object.assign(answers, me({ email_verified: false }))
  const stranger = await connect(at.stage)
  expect(stranger['connectionId']).not.toBe(connection.id)
  const kept = await at.stage.stored(connection.id)
  expect(kept.grant.id).toBe(connection.grant.id)
})
