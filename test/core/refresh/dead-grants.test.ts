import { expect, test } from 'vitest'
import { afterEnd } from '../../../src/core/refresh/failure.ts'
import { afterRefresh } from '../../../src/core/refresh/after-refresh.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { makeConnection, makeGrant } from '../../support/make-connection.ts'
import { HOUR, NOW, notSent, lost, slow, dead, end, disconnected } from './attempt-ends.ts'

test('a dead grant gets the reason expired if its stated expiry has passed', () => {
  const connection = makeConnection({ grant: makeGrant({ refreshTokenExpiresAt: NOW - 1 }) })
  expect(afterRefresh(connection, dead, end()).failure?.reason).toBe('expired')
})

test('a dead grant is probed ten times, after growing waits', () => {
  let connection: LiveConnection = makeConnection()
  const hours = []
  for (let i = 0; i < 11; i++) {
    connection = afterRefresh(connection, dead, end())
    hours.push(connection.dueAt === null ? null : (connection.dueAt - NOW) / HOUR)
  }
  expect(hours).toEqual([1, 6, 24, 24, 24, 24, 24, 24, 24, 24, null])
})

test('a probe without a clear result leaves a disconnected connection unchanged', () => {
  for (const outcome of [notSent, lost, slow]) {
    const after = afterRefresh(disconnected(), outcome, end())
    expect(after).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'revoked', attempts: 1 },
    })
    expect(after.dueAt).toBe(NOW + HOUR)
  }
})

test('a connection without a refresh token is disconnected when its token expires, and is not probed', () => {
  const after = afterEnd(
    makeConnection({ grant: makeGrant({ refreshToken: null }) }),
    'no_refresh_token',
    NOW,
  )
  expect(after).toMatchObject({
    status: 'disconnected',
    dueAt: null,
    failure: { reason: 'no_refresh_token' },
  })
})
