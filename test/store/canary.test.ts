import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ConnectRequest } from '../../src/core/connect/flow.ts'
import { connectionEvent } from '../../src/core/events/event.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Store } from '../../src/ports/store.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { openVaultStore } from '../support/open-vault-store.ts'

const canaries: string[] = []
/** A value that occurs nowhere else. */
function canary(name: string): string {
  const value = `canary-${name}-${canaries.length}-qzx7Wv`
  canaries.push(value)
  return value
}

const REQUEST: ConnectRequest = {
  userId: 'in-the-clear-user' as never,
  scope: [canary('link-scope')],
  email: canary('hint'),
  expectedAccount: canary('expected'),
  state: canary('app-state'),
  label: canary('link-label'),
  displayName: canary('display'),
  metadata: { note: canary('link-metadata') },
  connectionId: null,
  client: { id: canary('client-id'), secret: new Secret(canary('client-secret')) },
  params: { tenant: canary('param') },
}

const CONNECTION = makeConnection({
  userId: 'in-the-clear-user' as never,
  account: { id: canary('account'), email: canary('email'), name: canary('name') },
  label: canary('label'),
  metadata: { note: canary('metadata') },
  params: { tenant: canary('tenant') },
  providerData: { url: canary('provider-data') },
  client: { id: canary('own-client'), secret: new Secret(canary('own-secret')) },
  grant: makeGrant({
    scope: ['in-the-clear-scope'],
    token: makeToken({ secret: new Secret(canary('access')) }),
    refreshToken: new Secret(canary('refresh')),
  }),
})

const TOKENS = {
  accessToken: new Secret(canary('waiting-access')),
  tokenType: 'Bearer',
  expiresInSeconds: 1,
  refreshToken: new Secret(canary('waiting-refresh')),
  refreshTokenExpiresInSeconds: null,
  scope: null,
  providerData: { x: canary('waiting-data') },
}

describe('the files of a vault', () => {
  test('the database files contain in plain text only what the documentation lists', async () => {
    await using vault = await openVaultStore()
    await fill(vault.store)
    const files = readdirSync(vault.dataDir).map((file) => readFileSync(join(vault.dataDir, file)))
    const all = Buffer.concat(files).toString('latin1')
    // Positive controls: the search finds values that are in the clear.
    const clear = ['in-the-clear-user', 'in-the-clear-scope', 'acme']
    expect(clear.filter((value) => !all.includes(value))).toEqual([])
    const found = canaries.filter((value) => spellings(value).some((text) => all.includes(text)))
    expect(found).toEqual([])
  })
})

async function fill(store: Store): Promise<void> {
  const link = 'lnk_1' as never
  const provider = 'acme' as never
  await store.write(async (trx) => {
    await trx.insertConnection(CONNECTION)
    await trx.rememberRefreshToken(CONNECTION, new Secret(canary('held-once')), 'received')
    await trx.appendEvent(connectionEvent('connection.created', CONNECTION, null), 1)
    await trx.insertLink(
      {
        id: link,
        secretHash: 'hash',
        providers: [provider],
        request: REQUEST,
        redirectUrl: `https://app.example.com/?x=${canary('redirect')}`,
        confirm: 'page',
        state: { status: 'pending' },
        lastError: null,
        createdAt: 1,
        expiresAt: 1,
      },
      null,
    )
    await trx.insertFlow({
      id: 'flw_1' as never,
      stateHash: 'state-hash',
      provider,
      link,
      browserHash: 'browser-hash',
      request: REQUEST,
      requestedScope: [],
      redirectUri: 'https://larder.example.com/callback',
      verifier: new Secret(canary('verifier')),
      nonce: new Secret(canary('nonce')),
      createdAt: 1,
      expiresAt: 1,
    })
    await trx.insertWaitingGrant({
      link,
      connectionId: CONNECTION.id,
      provider,
      received: { kind: 'tokens', tokens: TOKENS },
      sentAt: 1,
      account: { id: canary('waiting-id'), email: canary('waiting-email'), name: null },
      requestedScope: [],
      request: REQUEST,
    })
    await trx.enqueueRevocation({
      id: 'rev_1',
      provider,
      client: CONNECTION.client,
      params: { a: canary('revoked-param') },
      providerData: { b: canary('revoked-data') },
      refreshToken: new Secret(canary('revoked-refresh')),
      accessToken: new Secret(canary('revoked-access')),
      accountId: canary('revoked-account'),
      formerHolder: null,
      attempts: 0,
      createdAt: 1,
      dueAt: 1,
    })
    await trx.insertApiKey({
      id: 'key_1' as never,
      name: canary('key-name'),
      hash: canary('key-hash'),
      permissions: ['admin'],
      providers: null,
      userIdPrefix: null,
      createdAt: 1,
      revokedAt: null,
    })
  })
}

/** As text, in base64 at each offset, in hexadecimal, and in UTF-16. */
function spellings(value: string): readonly string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + value).toString('base64')
    return encoded.slice(shift === 0 ? 0 : 4, -4)
  })
  const hex = Buffer.from(value).toString('hex')
  const utf16 = Buffer.from(value, 'utf16le').toString('latin1')
  return [value, utf16, hex, hex.toUpperCase(), ...base64]
}
