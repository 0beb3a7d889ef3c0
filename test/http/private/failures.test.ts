import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreError, VaultError } from '../../../src/core/base/errors.ts'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

describe('requests that fail', () => {
  test('an unexpected error is answered and logged with the same request id', async () => {
    const canary = 'canary-4711'
    api.ports.store.listConnections = async () => {
      throw new Error(canary, { cause: new Error(canary) })
    }
    const { status, json, text, headers } = await api.ask({ path: '/v1/connections' })
    expect(status).toBe(500)
    expect(json).toMatchObject({ code: 'internal', title: 'Internal error' })
    expect(text + JSON.stringify(headers)).not.toContain(canary)
    expect(api.failures).toMatchObject([
      { requestId: json['requestId'], route: 'GET /v1/connections', error: { message: canary } },
    ])
  })

  test('the detail of an internal error is not sent to the caller', async () => {
    api.ports.store.listConnections = async () => {
      throw new VaultError('internal', 'canary-4711')
    }
    const { text } = await api.ask({ path: '/v1/connections' })
    expect(text).not.toContain('canary')
  })

  test('a database error is answered with 503 and Retry-After', async () => {
    api.ports.store.listConnections = async () => {
      throw new StoreError('locked', new Error('canary-4711'))
    }
    const { status, json, headers, text } = await api.ask({ path: '/v1/connections' })
    expect(status).toBe(503)
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
    expect(json).toMatchObject({
      code: 'storage_unavailable',
      reason: 'locked',
      nextAction: 'retry',
    })
    expect(text).not.toContain('canary')
    expect(api.failures).toMatchObject([{ route: 'GET /v1/connections' }])
  })

  test('every problem has its own request id', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await api.ask({ path: '/v1/connections/x' })).json['requestId']),
    )
    expect(new Set(ids).size).toBe(3)
  })
})
