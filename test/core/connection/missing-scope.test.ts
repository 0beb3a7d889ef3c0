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

test.each(OFFLINE)('%s is granted if a refresh token has come, and else missing', (scope) => {
  const about = { requestedScope: ['read', scope], scope: ['read'] }
  expect(missingScope(makeGrant(about))).toEqual([])
  expect(missingScope(makeGrant({ ...about, refreshToken: null }))).toEqual([scope])
  expect(missingScope(makeMachineGrant(about))).toEqual([])
})

test.each(['openid', 'OpenID'])('%s is an instruction, and never missing', (scope) => {
  const about = { requestedScope: [scope, 'read'], scope: ['read'] }
  expect(missingScope(makeGrant(about))).toEqual([])
  expect(missingScope(makeGrant({ ...about, refreshToken: null }))).toEqual([])
})

test.each(['write', 'read:offline', 'offline_files', 'email', 'profile', 'openid2'])(
  '%s is a grant, and missing if it is not listed',
  (scope) => {
    const about = { requestedScope: ['read', scope], scope: ['read'] }
    expect(missingScope(makeGrant(about))).toEqual([scope])
  },
)
