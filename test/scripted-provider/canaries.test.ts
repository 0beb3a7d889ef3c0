import { expect, test } from 'vitest'
import { type Canaries, findLeaks } from '../support/scripted-provider/canaries.ts'
import { createScriptedProvider } from '../support/scripted-provider/create-scripted-provider.ts'

async function canaries(): Promise<Canaries> {
  await using provider = await createScriptedProvider()
  await provider.mintGrants(2)
  return { mark: provider.mark, secrets: await provider.secrets() }
}

const ENCODINGS: readonly (readonly [string, (secret: string) => string | Buffer])[] = [
  ['as it is', (secret) => secret],
  ['in a JSON text', (secret) => JSON.stringify({ error: `no "${secret}"` })],
  ['in a URL', (secret) => `https://example.com/?token=${encodeURIComponent(secret)}`],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64, a byte further', (secret) => Buffer.from(`:${secret}`).toString('base64')],
  ['in base64url, two bytes further', (secret) => Buffer.from(`a:${secret}`).toString('base64url')],
  ['in hex', (secret) => Buffer.from(secret).toString('hex')],
  ['in UTF-16', (secret) => Buffer.from(secret, 'utf16le')],
  ['a piece of its end', (secret) => secret.slice(-14, -1)],
]

test.each(ENCODINGS)('every kind of secret is found %s', async (_, encode) => {
  const { mark, secrets } = await canaries()
  expect(secrets).toHaveLength(5)
  for (const secret of secrets) {
    const haystack = Buffer.concat([
      Buffer.alloc(1_001, 'x'),
      Buffer.from(encode(secret)),
      Buffer.alloc(50, '.'),
    ])
    expect(findLeaks(haystack, { mark, secrets }), secret).not.toEqual([])
  }
})

test('nothing is found where nothing is, nor another provider’s', async () => {
  const mine = await canaries()
  const others = await canaries()
  expect(findLeaks(Buffer.from(others.secrets.join('\n')), mine)).toEqual([])
})
