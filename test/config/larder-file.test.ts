import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { around, KEYS, load, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

function withFile(yaml: string, variables: Record<string, string> = {}, mode = 0o600) {
  const cwd = tempDir()
  put(cwd, 'larder.yaml', yaml, mode)
  put(cwd, 'secrets/acme', 'from-file\n')
  return loadConfig({ ...KEYS, ...variables }, around({ cwd }))
}

/** Settings with their secrets, which only this test exposes. */
function opened({ providers }: ReturnType<typeof withFile>) {
  return providers.map(({ clientSecrets, ...rest }) => ({
    ...rest,
    secrets: clientSecrets.map((secret) => secret.expose()),
  }))
}

test('larder.yaml is read from its default path, or from LARDER_CONFIG', () => {
  const cwd = tempDir()
  put(cwd, 'larder.yaml', 'links: { confirm: app }')
  put(cwd, 'etc/other.yaml', 'links: { confirm: page }')
  expect(load({}, { cwd }).policy.confirm).toBe('app')
  expect(load({ LARDER_CONFIG: 'etc/other.yaml' }, { cwd }).policy.confirm).toBe('page')
})

test('every section of larder.yaml is read', () => {
  const { policy } = withFile(`
redirectUrls: ["https://app.example.com/oauth", "myapp://done"]
links: { confirm: app }
refresh:
  concurrencyPerProvider: 8
  ratePerSecond: 2.5
  marginSeconds: 60
  marginShare: 0.5
  backoffFirstSeconds: 1
  backoffLongestSeconds: 2
  deadlineSeconds: 5
  leaseSeconds: 15
  keepFreshDays: 30
providers:
webhooks:
`)
  expect(policy).toEqual({
    publicUrl: 'http://localhost:7421',
    redirectUrls: ['https://app.example.com/oauth', 'myapp://done'],
    confirm: 'app',
    concurrencyPerProvider: 8,
    ratePerSecond: 2.5,
    marginMs: 60_000,
    marginShare: 0.5,
    backoffFirstMs: 1_000,
    backoffLongestMs: 2_000,
    deadlineMs: 5_000,
    leaseMs: 15_000,
    keepFreshMs: 30 * 24 * 3_600_000,
  })
})

test('LARDER_REDIRECT_URLS replaces the list of redirect URLs in larder.yaml', () => {
  const variables = { LARDER_REDIRECT_URLS: 'https://b.example' }
  const { policy } = withFile('redirectUrls: ["https://a.example"]', variables)
  expect(policy.redirectUrls).toEqual(['https://b.example'])
})

test.each([
  ['refersh: {}', 'refersh: no such setting'],
  ['links: { confirm: maybe }', 'links.confirm: must be page or app'],
  ['links: { confrim: app }', 'links.confrim: no such setting'],
  ['redirectUrls: https://canary.example', 'redirectUrls: must be a list'],
  ['redirectUrls: ["http://canary.example"]', /^redirectUrls\.0: must be https URLs/],
  ['redirectUrls: [1]', 'redirectUrls.0: must be text'],
  ['providers: []', 'providers: must be a map'],
  [
    'providers: { Google: {} }',
    'providers.Google: a provider id is lower case letters, digits and hyphens',
  ],
  [
    'providers: { a/b: {} }',
    'providers.a/b: a provider id is lower case letters, digits and hyphens',
  ],
  ['providers: { google: canary }', 'providers.google: must be a map'],
  ['refresh: { marginSeconds: "300" }', 'refresh.marginSeconds: must be a number from 1 to 86400'],
  ['refresh: { marginShare: 0.9 }', 'refresh.marginShare: must be a number from 0 to 0.5'],
  [
    'refresh: { concurrencyPerProvider: 1.5 }',
    'refresh.concurrencyPerProvider: must be a whole number',
  ],
  ['refresh: { margin: 1 }', 'refresh.margin: no such setting'],
  [
    'refresh: { deadlineSeconds: 30 }',
    'refresh.leaseSeconds: must be at least twice deadlineSeconds plus 5',
  ],
  [
    'refresh: { backoffFirstSeconds: 3600 }',
    'refresh.backoffLongestSeconds: must not be below backoffFirstSeconds',
  ],
  ['webhooks: { url: canary }', 'webhooks: must be a list'],
  ['- canary', 'larder.yaml: must be a map'],
  ['links: [canary', /^larder\.yaml: line 1, column \d+: not valid YAML \(\w+\)$/],
  ['a: 1\na: canary', /^larder\.yaml: line 2, column 1: not valid YAML \(DUPLICATE_KEY\)$/],
  ['links: *canary', 'larder.yaml: an alias in it cannot be resolved'],
])(
  'larder.yaml with %j is rejected, and the error names the setting without its value',
  (yaml, problem) => {
    const problems = problemsOf(() => withFile(yaml))
    const expected = typeof problem === 'string' ? problem : expect.stringMatching(problem)
    expect(problems).toEqual([expected])
    expect(problems.join()).not.toContain('canary')
  },
)

describe('providers in larder.yaml', () => {
  test('a client secret may be a value or list item in larder.yaml, or a separate file', () => {
    const config = withFile(`
providers:
  google: { clientId: g, clientSecret: one }
  google-staging: { preset: google, clientId: s, clientSecrets: [new, old] }
  acme: { issuer: "https://login.acme.example", clientId: a, clientSecretFile: secrets/acme }
  zoom: { clientId: z }
`)
    expect(opened(config)).toEqual([
      { id: 'google', settings: { clientId: 'g' }, secrets: ['one'] },
      {
        id: 'google-staging',
        settings: { preset: 'google', clientId: 's' },
        secrets: ['new', 'old'],
      },
      {
        id: 'acme',
        settings: { issuer: 'https://login.acme.example', clientId: 'a' },
        secrets: ['from-file'],
      },
      { id: 'zoom', settings: { clientId: 'z' }, secrets: [] },
    ])
    expect(config.warnings).toEqual(['providers.zoom: has a client id and no client secret'])
  })

  test('allowPlainHttp gives a warning at each start', () => {
    const yaml =
      'providers: { keycloak: { baseUrl: "http://keycloak:8080", realm: staff, clientId: k, ' +
      'clientSecretFile: secrets/acme, allowPlainHttp: true } }'
    expect(withFile(yaml).warnings).toEqual([
      expect.stringMatching(/^providers\.keycloak: allowPlainHttp is set: .* without encryption$/),
    ])
  })

  test('a parameter that has no effect, because the provider has an issuer, gives a warning', () => {
    const yaml =
      'providers: { keycloak: { issuer: "https://sso.example/realms/staff", realm: staff, ' +
      'clientId: k, clientSecretFile: secrets/acme } }'
    expect(withFile(yaml).warnings).toEqual([
      'providers.keycloak.realm: is not used, because issuer is given',
    ])
  })

  test('problems of provider settings are reported together with all other problems', () => {
    const yaml = 'providers: { google: { clientId: g, scops: [] }, odd: { clientId: canary } }'
    expect(problemsOf(() => withFile(yaml, { LARDER_LISTEN: 'x' }))).toEqual([
      expect.stringMatching(/^providers\.google\.scops: /),
      expect.stringMatching(/^providers\.odd: /),
      expect.stringMatching(/^LARDER_LISTEN: /),
    ])
  })

  test('environment variables alone can enable a preset', () => {
    const config = withFile('', {
      LARDER_GOOGLE_CLIENT_ID: 'g',
      LARDER_GOOGLE_CLIENT_SECRET_FILE: 'secrets/acme',
    })
    expect(opened(config)).toEqual([
      { id: 'google', settings: { clientId: 'g' }, secrets: ['from-file'] },
    ])
  })

  test('environment variables override larder.yaml, even for providers that larder.yaml defines', () => {
    const yaml =
      'providers: { my-acme: { issuer: "https://a.example", clientId: x, clientSecret: y } }'
    const config = withFile(yaml, {
      LARDER_MY_ACME_CLIENT_ID: 'id',
      LARDER_MY_ACME_CLIENT_SECRET: 'secret',
    })
    expect(opened(config)).toEqual([
      {
        id: 'my-acme',
        settings: { issuer: 'https://a.example', clientId: 'id' },
        secrets: ['secret'],
      },
    ])
  })

  test('larder.yaml gives a warning if it contains secrets and others can read it', () => {
    const inline = 'providers: { google: { clientId: g, clientSecret: s } }'
    const apart = 'providers: { google: { clientId: g, clientSecretFile: secrets/acme } }'
    expect(withFile(inline, {}, 0o644).warnings).toEqual([
      'providers.google: the file can be read by group or others: chmod 600',
    ])
    expect(withFile(apart, {}, 0o644).warnings).toEqual([])
  })

  test.each([
    [
      'clientSecret: canary, clientSecretFile: canary',
      'providers.x: keep one of clientSecret and clientSecretFile',
    ],
    ['clientSecret: 12345', 'providers.x.clientSecret: must be text'],
    ['clientSecret: ""', 'providers.x.clientSecret: must be text'],
    ['clientSecrets: canary', 'providers.x.clientSecrets: must be a list of texts'],
    ['clientSecrets: []', 'providers.x.clientSecrets: must be a list of texts'],
    ['clientSecretFile: 1', 'providers.x.clientSecretFile: must be the path of a file'],
    ['clientSecretFiles: canary', 'providers.x.clientSecretFiles: must be a list of paths'],
    [
      'clientSecretFiles: [canary]',
      'providers.x.clientSecretFiles.0: the file cannot be read (ENOENT)',
    ],
    ['clientSecretFile: canary', 'providers.x.clientSecretFile: the file cannot be read (ENOENT)'],
  ])('a provider with %s is rejected', (entry, problem) => {
    expect(
      problemsOf(() => withFile(`providers: { x: { preset: google, clientId: x, ${entry} } }`)),
    ).toEqual([problem])
  })
})
