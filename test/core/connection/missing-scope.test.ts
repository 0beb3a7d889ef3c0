import { expect, test } from 'vitest'
import { missingScope } from '../../../src/core/connection/connection.ts'
import { makeGrant, makeMachineGrant } from '../../support/make-connection.ts'

const OFFLINE = [
  'offline_access',
  'offline',
  'offline.access',
  'refresh_token',
  'Offline_Access',
  'OFFLINE',
  'https://graph.example.com/offline_access',
  'urn:example:scope:offline',
]

test.each(OFFLINE)(
  'the scope %s is reported as missing if no refresh token was issued',
  (scope) => {
    const about = { requestedScope: ['read', scope], scope: ['read'] }
    expect(missingScope(makeGrant(about))).toEqual([])
    expect(missingScope(makeGrant({ ...about, refreshToken: null }))).toEqual([scope])
    expect(missingScope(makeMachineGrant(about))).toEqual([])
  },
)

test.each(['openid', 'OpenID'])('the scope %s is never reported as missing', (scope) => {
  const about = { requestedScope: [scope, 'read'], scope: ['read'] }
  expect(missingScope(makeGrant(about))).toEqual([])
  expect(missingScope(makeGrant({ ...about, refreshToken: null }))).toEqual([])
})

test.each(['write', 'read:offline', 'offline_files', 'email', 'profile', 'openid2'])(
  'the scope %s is reported as missing if the provider does not list it as granted',
  (scope) => {
    const about = { requestedScope: ['read', scope], scope: ['read'] }
    expect(missingScope(makeGrant(about))).toEqual([scope])
  },
)
