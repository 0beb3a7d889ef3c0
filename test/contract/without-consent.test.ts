import { describe, expect, test } from 'vitest'
import type { Credentials } from '../../src/core/connection/credentials.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { presentAccessToken } from '../../src/http/private/present.ts'
import { draftFromClient } from '../../src/vault/import/import-machine.ts'
import { getToken } from '../../src/vault/tokens/get-token.ts'
import { draftFromCredentials } from '../../src/vault/import/import-credentials.ts'
import { importDraft, type Imported } from '../../src/vault/import/keep-draft.ts'
import { refreshNow } from '../../src/vault/tokens/refresh-now.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import { ADA } from './answers.ts'
import { type ContractStage, openContractStage, USER } from './contract-stage.ts'
import type { ErrorAnswer } from './dialect.ts'
import { API_KEY, APP_PASSWORD, withoutConsent } from './dialects/without-consent.ts'

const RIGHT: Readonly<Record<string, Credentials>> = {
  'icloud-caldav': basic(APP_PASSWORD),
  freshdesk: { kind: 'api_key', apiKey: new Secret(API_KEY) },
}
const WRONG: Readonly<Record<string, Credentials>> = {
  'icloud-caldav': basic('my-own-password'),
  freshdesk: { kind: 'api_key', apiKey: new Secret('of somebody else') },
}

describe.each(Object.keys(RIGHT))('%s', (id) => {
  test('an import of valid credentials is active and serves the header that the API expects', async () => {
    await using stage = await open(id)
    const { connection } = await importWith(stage, RIGHT[id])
    expect(connection).toMatchObject({ status: 'active', account: stage.dialect.account })
    expect(await served(stage, connection.id)).toMatchObject({
      accessToken: null,
      expiresAt: null,
      header: { name: 'Authorization', value: stage.dialect.probes?.[0]?.authorization },
    })
    expect(stage.vendor.complaints).toEqual([])
  })

  test('an import of wrong credentials is refused with invalid_credentials', async () => {
    await using stage = await open(id)
    await expect(importWith(stage, WRONG[id])).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_credentials' },
    })
    expect(stage.vendor.complaints).toEqual([])
  })

  test.each(withoutConsent[id]?.errors.temporary ?? [])(
    'an import is stored as failing if its probe is answered with $status, and recovers later',
    async (answer) => {
      await using stage = await open(id)
      stage.vendor.fault = { at: 'exchange', answer }
      const { connection } = await importWith(stage, RIGHT[id])
      expect(connection.status).toBe('failing')
      stage.vendor.fault = null
      stage.clock.pass(60 * 60_000)
      expect(await refreshNow(stage.ports, OPERATOR, connection.id)).toMatchObject({
        status: 'active',
      })
    },
  )
})

describe('zoom-server-to-server', () => {
  test('a machine connection gets a token, and a new token when the first one expires', async () => {
    await using stage = await open('zoom-server-to-server')
    const { connection } = await connectClient(stage)
    expect(connection).toMatchObject({ status: 'active', account: stage.dialect.account })
    const first = await served(stage, connection.id)
    expect(first.accessToken).toBe(stage.vendor.books.latest.accessToken)
    stage.clock.pass(3_580_000)
    const second = await served(stage, connection.id)
    expect(second.accessToken).toBe(stage.vendor.books.latest.accessToken)
    expect(second.accessToken).not.toBe(first.accessToken)
    expect(stage.vendor.complaints).toEqual([])
  })

  test.each(errorsOf('config'))(
    '$status $body.error is reported as an error of the OAuth client, and the connection stays active',
    async (answer) => {
      await using stage = await open('zoom-server-to-server')
      const { connection } = await connectClient(stage)
      stage.vendor.fault = { at: 'exchange', answer }
      await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toMatchObject({
        code: 'provider_misconfigured',
      })
      expect((await stage.stored(connection.id)).status).toBe('active')
    },
  )

  test.each(errorsOf('temporary'))(
    '$status is a transient error, and the connection is failing',
    async (answer) => {
      await using stage = await open('zoom-server-to-server')
      const { connection } = await connectClient(stage)
      stage.vendor.fault = { at: 'exchange', answer }
      await expect(refreshNow(stage.ports, OPERATOR, connection.id)).rejects.toMatchObject({
        code: 'provider_unavailable',
      })
      expect((await stage.stored(connection.id)).status).toBe('failing')
    },
  )
})

function errorsOf(kind: 'config' | 'temporary'): readonly ErrorAnswer[] {
  return withoutConsent['zoom-server-to-server']?.errors[kind] ?? []
}

function open(id: string): Promise<ContractStage> {
  const dialect = withoutConsent[id]
  if (dialect === undefined) throw new Error('no such dialect')
  return openContractStage(id, dialect)
}

const demandOf = ({ id }: ContractStage) => ({
  userId: USER,
  provider: id,
  email: null,
  accountId: null,
  params: {},
  label: null,
  metadata: null,
})

function importWith(stage: ContractStage, credentials: Credentials | undefined): Promise<Imported> {
  if (credentials === undefined) throw new Error('no credentials')
  const newDraft = draftFromCredentials(stage.ports, OPERATOR, { ...demandOf(stage), credentials })
  return importDraft(stage.ports, newDraft)
}

function connectClient(stage: ContractStage): Promise<Imported> {
  const request = { ...demandOf(stage), scope: null, client: null }
  return importDraft(stage.ports, draftFromClient(stage.ports, OPERATOR, request))
}

async function served({ ports }: ContractStage, id: Imported['connection']['id']) {
  const token = await getToken(ports, OPERATOR, {
    target: { id },
    minTtlSeconds: 60,
    rejected: null,
  })
  return presentAccessToken(token, ports)
}

function basic(password: string): Credentials {
  return { kind: 'basic', username: ADA.email, password: new Secret(password) }
}
