import { expect, test } from 'vitest'
import { deleteConnection } from '../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../src/vault/connections/deliver-revocations.ts'
import { refreshNow } from '../../src/vault/tokens/refresh-now.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import { openContractStage } from './contract-stage.ts'
import { dialects } from './dialects/index.ts'
import { connect } from './walk.ts'

// Shows that the vendor servers notice mistakes: each refuses a preset with one wrong field.

const WRONG: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ['google', { authorizationParams: { prompt: null } }, /authorize: prompt is there 0 times/],
  ['google', { clientAuth: 'basic' }, /exchange: the client proves itself by Basic/],
  ['google', { tokenRequestFormat: 'json' }, /exchange: a body of json/],
  ['google', { pkce: 'omit' }, /authorize: PKCE must be sent/],
  [
    'google',
    { userinfoEndpoint: 'https://www.googleapis.com/me', issuer: undefined },
    /nothing is/,
  ],
  ['google', { revocation: { tokenParam: 'access_token' } }, /revocation: token is there 0 times/],
  ['linkedin', { pkce: 'supported' }, /authorize: PKCE must be omitted/],
  ['slack', { scopeSeparator: ' ' }, /authorize: scope=channels:read users:read/],
  ['notion', { tokenRequestFormat: 'form' }, /exchange: a body of form/],
  [
    'notion',
    { tokenRequestHeaders: { 'Notion-Version': null } },
    /exchange: header notion-version/,
  ],
  ['notion', { authorizationParams: { owner: null } }, /authorize: owner is there 0 times/],
  ['dropbox', { probe: { method: 'GET' } }, /nothing is at GET/],
  ['dropbox', { probe: { format: 'form' } }, /probe: header content-type/],
  ['github', { revocation: { method: 'POST' } }, /nothing is at POST/],
  ['github', { revocation: { clientAuth: 'post' } }, /revocation: client_id is not known/],
  [
    'figma',
    { refreshEndpoint: 'https://api.figma.com/v1/oauth/token' },
    /exchange: .*code is there/,
  ],
  ['calcom-legacy', { refreshRequest: { tokenIn: 'params' } }, /refresh: authorization: undefined/],
  ['gitlab', { refreshRequest: { params: { redirect_uri: null } } }, /refresh: redirect_uri is/],
  ['zoho', { apiHeader: { name: 'Authorization', scheme: 'Bearer' } }, /probe: .*Bearer/],
  ['shopify', { exchangeRequest: { params: { expiring: null } } }, /exchange: expiring is there 0/],
  ['square', { revocation: { scheme: 'Bearer' } }, /revocation: authorization: Bearer/],
  ['stripe-app', { clientAuth: 'basic' }, /exchange: the client proves itself by Basic/],
  ['tiktok', { rename: { client_id: 'client_id' } }, /authorize: .*client_key is there 0 times/],
  ['basecamp', { responseType: 'code' }, /authorize: response_type is not known/],
  ['reddit', { authorizationParams: { duration: 'temporary' } }, /authorize: duration=temporary/],
]

test.each(WRONG)(
  'the test server of %s reports a preset with the wrong setting %j',
  async (id, wrong, complaint) => {
    const dialect = dialects[id]
    if (dialect === undefined) throw new Error('no such dialect')
    await using stage = await openContractStage(id, dialect, wrong)
    const journey = async () => {
      const connection = await connect(stage)
      if (dialect.refresh !== null) await refreshNow(stage.ports, OPERATOR, connection)
      await deleteConnection(stage.ports, OPERATOR, { id: connection }, { revoke: true })
      await deliverRevocations(stage.ports)
    }
    await journey().catch(() => undefined)
    expect(stage.vendor.complaints.join('\n')).toMatch(complaint)
  },
)

test('the test server refuses a code whose challenge belongs to another verifier', async () => {
  const { google } = dialects
  if (google === undefined) throw new Error('no such dialect')
  await using stage = await openContractStage('google', google)
  const { books } = stage.vendor
  const consent = { scope: [], redirectUri: '', challenge: 'of another', nonce: null }
  const swapped = connect(stage, {
    onTheWay: (callback) => new Map([...callback, ['code', books.issueCode(consent)]]),
  })
  await expect(swapped).rejects.toThrow('google refuses: exchange: the grant is not known')
})
