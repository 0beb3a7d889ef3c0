import { expect, test } from 'vitest'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deleteUser } from '../../../src/vault/connections/delete-user.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { startSigningProvider } from '../../oauth/answer/signing-provider.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

/** A provider whose metadata may name a revocation endpoint. */
const described = (issuer: string) => ({
  provider: {
    issuer,
    authorizationEndpoint: undefined,
    tokenEndpoint: undefined,
    userinfoEndpoint: undefined,
    revocationEndpoint: undefined,
  },
})

const told = ({ observed }: Stage) =>
  observed.flatMap(({ what }) => (what.startsWith('revo') ? [what] : []))

test.each([
  ['names no revocation endpoint', {}, 'unsupported', []],
  ['names a revocation endpoint', { revocation_endpoint: '/revoke' }, 'queued', ['revoked']],
])(
  'a deletion reports whether the grant will be revoked if the issuer’s metadata %s',
  async (_, metadata, answer, lines) => {
    await using signing = await startSigningProvider()
    const { revocation_endpoint: path } = metadata as { revocation_endpoint?: string }
    signing.script.metadata =
      path === undefined ? {} : { revocation_endpoint: signing.issuer + path }
    signing.script.userinfo = { status: 503, body: {} }
    await using stage = await openStage(described(signing.issuer))
    const one = await stage.adopt()
    const { id } = one.connection
    expect(await deleteConnection(stage.ports, OPERATOR, { id }, { revoke: true })).toEqual({
      revocation: answer,
    })
    const two = await stage.adopt()
    const deleted = await deleteUser(stage.ports, OPERATOR, two.connection.userId)
    expect(deleted.connections).toMatchObject([{ revocation: answer }])
    await deliverRevocations(stage.ports)
    expect([...new Set(told(stage))]).toEqual(lines)
  },
)

test('a revocation that the provider does not support is logged as unsupported', async () => {
  await using signing = await startSigningProvider()
  signing.script.metadataAt = '/nowhere-for-now'
  signing.script.userinfo = { status: 503, body: {} }
  await using stage = await openStage(described(signing.issuer))
  const { connection } = await stage.adopt()
  const { id } = connection
  const answer = await deleteConnection(stage.ports, OPERATOR, { id }, { revoke: true })
  expect(answer).toEqual({ revocation: 'queued' })
  signing.script.metadataAt = '/.well-known/openid-configuration'
  await deliverRevocations(stage.ports)
  expect(told(stage)).toEqual(['revocationUnsupported'])
})
