import { expect, test } from 'vitest'
import { beginAt, endpointFor } from '../endpoint-kit.ts'

const AT = 'https://idp.example/authorize'
const TOKEN = { tokenEndpoint: 'https://idp.example/token' }

test.each([
  [AT, `${AT}?`],
  [`${AT}?p=B2C_1~x&flag&a=%20+`, `${AT}?p=B2C_1~x&flag&a=%20+&`],
  [`${AT}?state=fixed&p=1`, `${AT}?p=1&`],
])('the query of a configured authorization endpoint is kept: %s', async (url, begin) => {
  const party = await endpointFor({ ...TOKEN, authorizationEndpoint: url })
  const begun = await beginAt(party)
  expect(begun.url.startsWith(begin)).toBe(true)
  expect(begun.query.getAll('state')).toEqual(['state-1'])
})

test('a space is written as %20 in the authorization URL', async () => {
  const party = await endpointFor({
    ...TOKEN,
    authorizationEndpoint: AT,
    scopes: ['read', 'write+all'],
    authorizationParams: { prompt: 'select account' },
  })
  const { url, query } = await beginAt(party)
  expect(url).toContain('scope=read%20write%2Ball')
  expect(url).toContain('prompt=select%20account')
  expect(url).not.toContain('+')
  expect(query.get('scope')).toBe('read write+all')
})
