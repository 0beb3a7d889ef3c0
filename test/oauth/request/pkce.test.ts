import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { beginAt, endpointFor } from '../endpoint-kit.ts'

const PLAIN = {
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
}

test('every flow sends the S256 challenge of a new verifier, even without metadata', async () => {
  const party = await endpointFor(PLAIN)
  const challenges = new Set<string>()
  for (let flow = 0; flow < 2_000; flow++) {
    const { query, verifier } = await beginAt(party)
    const challenge = createHash('sha256').update(verifier.expose()).digest('base64url')
    expect(verifier.expose()).toMatch(/^[\w-]{43,128}$/)
    expect(query.get('code_challenge')).toBe(challenge)
    expect(query.get('code_challenge_method')).toBe('S256')
    challenges.add(challenge)
  }
  expect(challenges.size).toBe(2_000)
})
