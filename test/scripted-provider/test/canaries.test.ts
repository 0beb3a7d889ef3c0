import { expect, test } from 'vitest'
import { found } from '../../support/canary.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'

const WRITTEN: readonly (readonly [string, (secret: string) => string])[] = [
  ['in plain text', (secret) => secret],
  ['in a JSON text', (secret) => JSON.stringify({ error: `no "${secret}"` })],
  ['in a URL', (secret) => `https://example.com/?token=${encodeURIComponent(secret)}`],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64 after one byte', (secret) => Buffer.from(`:${secret}`).toString('base64')],
  ['in base64url after two bytes', (secret) => Buffer.from(`a:${secret}`).toString('base64url')],
  ['in hex', (secret) => Buffer.from(secret).toString('hex')],
]

test.each(WRITTEN)(
  'a search for secrets finds every secret of the scripted provider %s',
  async (_, write) => {
    await using provider = await createScriptedProvider({ profile: 'confidential-secret-list' })
    await provider.mintGrants(2)
    const secrets = await provider.secrets()
    expect(secrets).toHaveLength(6)
    const canary = { name: 'a secret', value: provider.mark }
    for (const secret of secrets) {
      expect(found([canary], `${'x'.repeat(100)}${write(secret)}…`), secret).toEqual(['a secret'])
    }
    await using other = await createScriptedProvider({ profile: 'confidential-secret-list' })
    const others = await other.secrets()
    expect(found([canary], others.map(write).join('\n'))).toEqual([])
  },
)
