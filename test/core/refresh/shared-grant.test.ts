import { expect, test } from 'vitest'
import type { Grant, OAuthGrant } from '../../../src/core/connection/connection.ts'
import { haveOneOwner } from '../../../src/core/refresh/shared-grant.ts'
import { makeCredentialsGrant, makeGrant, makeMachineGrant } from '../../support/make-connection.ts'

const proven = (changes: Partial<OAuthGrant> = {}): OAuthGrant =>
  makeGrant({ issuedTo: 'acme/c-1', owner: { is: 'proven', accountId: 'a-1' }, ...changes })

const cases: readonly (readonly [string, Grant, Grant, boolean])[] = [
  ['the same account and client', proven(), proven(), true],
  ['another account', proven(), proven({ owner: { is: 'proven', accountId: 'a-2' } }), false],
  ['another client', proven(), proven({ issuedTo: 'acme/c-2' }), false],
  ['an unknown client', proven(), proven({ issuedTo: null }), false],
  ['an unproven owner', proven(), proven({ owner: { is: 'unproven', told: null } }), false],
  ['an unknown owner', proven({ owner: { is: 'unknown' } }), proven(), false],
  ['no refresh token', proven(), proven({ refreshToken: null }), false],
  ['two machine grants', makeMachineGrant(), makeMachineGrant(), true],
  ['a machine grant beside a user grant', makeMachineGrant(), proven(), false],
  ['credentials', makeCredentialsGrant(), makeCredentialsGrant(), false],
]

test.each(cases)('whether a refresh of one grant ends another is known: %s', (_, a, b, isEnded) => {
  expect(haveOneOwner(a, b)).toBe(isEnded)
})
