import { describe, expect, test } from 'vitest'
import { isAllowedRedirect, outcomeUrl } from '../../../src/core/connect/redirect-url.ts'

const allowed = ['https://app.example.com/oauth', 'myapp://done', 'http://localhost:3000']

describe('redirect URLs that are allowed', () => {
  test.each([
    'https://app.example.com/oauth',
    'https://app.example.com/oauth/',
    'https://app.example.com/oauth/google?x=1#top',
    'https://APP.example.com:443/oauth',
    'myapp://done',
    'myapp://done/now',
    'http://localhost:3000/anything',
  ])('a user may be redirected to %s', (url) => expect(isAllowedRedirect(url, allowed)).toBe(true))
})

describe('redirect URLs that are not allowed', () => {
  test.each([
    'https://app.example.com/oauthx',
    'https://app.example.com/',
    'https://app.example.com/oauth/../admin',
    'https://app.example.com/oauth/%2e%2e/admin',
    'https://app.example.com/oauth%2fx',
    'https://app.example.com.evil.example/oauth',
    'https://app.example.com:8443/oauth',
    'http://app.example.com/oauth',
    'https://user@app.example.com/oauth',
    'https://app.example.com@evil.example/oauth',
    '//evil.example/oauth',
    '/\\evil.example',
    'https:\\\\app.example.com/oauth',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://app.example.com/oauth\r\nSet-Cookie: a=b',
    'https://app.example.com/oauth\tx',
    'myapp://elsewhere',
    'otherapp://done',
    '',
    'not a url',
  ])('a user may not be redirected to %j', (url) =>
    expect(isAllowedRedirect(url, allowed)).toBe(false),
  )
})

test('the redirect URL gets only the parameters that have a value', () => {
  expect(outcomeUrl('https://app.example.com/oauth?a=1#top', { state: 'x y', none: null })).toBe(
    'https://app.example.com/oauth?a=1&state=x%20y#top',
  )
  expect(outcomeUrl('myapp://done', { error: 'reject' })).toBe('myapp://done?error=reject')
})
