import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { around, KEYS, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const NEW = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const OLD = `whsec_${Buffer.alloc(64, 2).toString('base64')}`

function withWebhooks(webhooks: readonly unknown[], mode = 0o600) {
  const cwd = tempDir()
  const providers = { google: { clientId: 'g', clientSecret: 's' } }
  put(cwd, 'larder.yaml', JSON.stringify({ webhooks, providers }), mode)
  put(cwd, 'secrets/new', `${NEW}\n`, 0o600)
  put(cwd, 'secrets/old', OLD, 0o600)
  put(cwd, 'secrets/odd', 'canary', 0o600)
  return loadConfig(KEYS, around({ cwd }))
}

/** The endpoints with their secrets, which only this test exposes. */
function opened({ webhooks }: ReturnType<typeof withWebhooks>) {
  return webhooks.map(({ url, secrets, ...rest }) => ({
    ...rest,
    url: url.href,
    secrets: secrets.map((secret) => secret.expose()),
  }))
}

test('a webhook endpoint has a URL and secrets, and may filter events by type and provider', () => {
  const config = withWebhooks([
    { url: 'http://app:3000/hooks?a=1', secretFile: 'secrets/new' },
    {
      id: 'crm',
      url: 'https://10.0.0.7/hooks',
      secrets: [NEW, OLD],
      types: ['connection.disconnected', 'provider.misconfigured'],
      providers: ['google'],
    },
    { id: 'both', url: 'http://[fd00::1]:8080/', secretFiles: ['secrets/new', 'secrets/old'] },
    { id: 'plain', url: 'http://localhost:3000', secret: NEW, types: null, providers: null },
  ])
  const [first, ...others] = opened(config)
  expect(first).toMatchObject({
    id: expect.stringMatching(/^url-[0-9a-f]{16}$/),
    url: 'http://app:3000/hooks?a=1',
    secrets: [NEW],
    types: null,
    providers: null,
  })
  expect(others).toEqual([
    {
      id: 'crm',
      url: 'https://10.0.0.7/hooks',
      secrets: [NEW, OLD],
      types: new Set(['connection.disconnected', 'provider.misconfigured']),
      providers: new Set(['google']),
    },
    {
      id: 'both',
      url: 'http://[fd00::1]:8080/',
      secrets: [NEW, OLD],
      types: null,
      providers: null,
    },
    { id: 'plain', url: 'http://localhost:3000/', secrets: [NEW], types: null, providers: null },
  ])
  expect(config.warnings).toEqual([])
})

test('the id made from a webhook URL is stable and reveals nothing of the URL', () => {
  const ids = ['https://a.example/canary', 'https://a.example/canary', 'https://b.example/']
    .map((url) => withWebhooks([{ url, secret: NEW }]))
    .map(({ webhooks }) => webhooks[0]?.id)
  expect(ids[0]).toBe(ids[1])
  expect(ids[0]).not.toBe(ids[2])
  expect(ids.join()).not.toContain('canary')
})

test('a webhook secret in larder.yaml gives a warning if others can read the file', () => {
  expect(withWebhooks([{ url: 'http://app/', secret: NEW }], 0o644).warnings).toContainEqual(
    'webhooks.0.secret: the file can be read by group or others: chmod 600',
  )
})

describe('bad webhook endpoints', () => {
  const URL = 'https://app.example.com/'
  const NOT_A_SECRET = 'must be whsec_ and 24 to 64 bytes in base64'
  const ONE_OF = 'webhooks.0: needs one of secret, secrets, secretFile and secretFiles'
  const NO_URL = 'webhooks.0.url: must be an http or https URL without login or fragment'

  test.each<readonly [Record<string, unknown>, string]>([
    [{ secret: NEW }, 'webhooks.0.url: must be text'],
    [{ url: 'ftp://canary/', secret: NEW }, NO_URL],
    [{ url: 'canary', secret: NEW }, NO_URL],
    [{ url: 'https://user:canary@app/', secret: NEW }, NO_URL],
    [{ url: 'https://app/#canary', secret: NEW }, NO_URL],
    [{ url: 'https://app/ canary', secret: NEW }, NO_URL],
    [{ url: URL }, ONE_OF],
    [{ url: URL, secret: NEW, secretFile: 'secrets/new' }, ONE_OF],
    [{ url: URL, secrets: [] }, 'webhooks.0.secrets: must not be empty'],
    [{ url: URL, secrets: Array(6).fill(NEW) }, 'webhooks.0.secrets: must be at most 5'],
    [{ url: URL, secret: 'canary' }, `webhooks.0.secret: ${NOT_A_SECRET}`],
    [{ url: URL, secret: NEW.slice('whsec_'.length) }, `webhooks.0.secret: ${NOT_A_SECRET}`],
    [{ url: URL, secret: 'whsec_Y2FuYXJ5' }, `webhooks.0.secret: ${NOT_A_SECRET}`],
    [{ url: URL, secret: `${NEW}=` }, `webhooks.0.secret: ${NOT_A_SECRET}`],
    [{ url: URL, secretFile: 'secrets/odd' }, `webhooks.0.secretFile: ${NOT_A_SECRET}`],
    [
      { url: URL, secretFile: 'secrets/canary' },
      'webhooks.0.secretFile: the file cannot be read (ENOENT)',
    ],
    [
      { url: URL, secret: NEW, id: 'Canary' },
      'webhooks.0.id: must be lower case letters, digits and hyphens',
    ],
    [{ url: URL, secret: NEW, types: ['canary'] }, 'webhooks.0.types.0: no such type of event'],
    [{ url: URL, secret: NEW, types: [] }, 'webhooks.0.types: must not be empty'],
    [{ url: URL, secret: NEW, providers: ['canary'] }, 'webhooks.0.providers.0: no such provider'],
    [{ url: URL, secret: NEW, event: 'x' }, 'webhooks.0.event: no such setting'],
  ])(
    'the webhook endpoint %j is rejected, and the error names the setting without its value',
    (endpoint, problem) => {
      const problems = problemsOf(() => withWebhooks([endpoint]))
      expect(problems).toEqual([problem])
      expect(problems.join()).not.toContain('canary')
    },
  )

  test.each([
    [
      [
        { url: URL, secret: NEW },
        { url: URL, secret: OLD },
      ],
    ],
    [
      [
        { id: 'a', url: URL, secret: NEW },
        { id: 'a', url: 'https://b/', secret: NEW },
      ],
    ],
  ])('two webhook endpoints with the same id are rejected', (webhooks) => {
    expect(problemsOf(() => withWebhooks(webhooks))).toEqual([
      'webhooks: two have the same id, or the same URL and no id',
    ])
  })
})
