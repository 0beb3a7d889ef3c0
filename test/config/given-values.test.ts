import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { API_KEY, around, KEYS, load, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const CLIENT = { LARDER_GOOGLE_CLIENT_ID: 'the-id', LARDER_GOOGLE_CLIENT_SECRET: 'the-secret' }
const IN_ONE_LINE =
  'must be printable ASCII in one line: look for line breaks and invisible characters'

function clientOf(config: ReturnType<typeof load>) {
  const [provider] = config.providers
  const secrets = provider?.clientSecrets.map((secret) => secret.expose())
  return { id: provider?.settings['clientId'], secrets }
}

function withYaml(yaml: string, files: Readonly<Record<string, Buffer>> = {}) {
  const cwd = tempDir()
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cwd, name), bytes)
  put(cwd, 'larder.yaml', yaml)
  return load({}, { cwd })
}

const inFile = (bytes: Buffer) =>
  withYaml('providers: { google: { clientId: x, clientSecretFile: secret } }', { secret: bytes })

const pemOf = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' })

describe('line ends after a value', () => {
  test.each(['\n', '\r\n', '\n\n'])(
    'the line end %j after the value of a variable is ignored',
    (end) => {
      const variables = Object.entries({ ...CLIENT, LARDER_PUBLIC_URL: 'https://x.example' })
      const config = load(Object.fromEntries(variables.map(([name, value]) => [name, value + end])))
      expect(clientOf(config)).toEqual({ id: 'the-id', secrets: ['the-secret'] })
      expect(config.policy.publicUrl).toBe('https://x.example')
    },
  )

  test('a line end after a key is ignored', () => {
    const keys = Object.entries(KEYS).map(([name, value]) => [name, `${value}\n`])
    expect(loadConfig(Object.fromEntries(keys), around()).apiKey.expose()).toBe(API_KEY)
  })

  test.each(['clientSecret: |\n      the-secret', 'clientSecrets:\n      - |\n        the-secret'])(
    'a line end after a secret in a YAML block is ignored: %j',
    (secret) => {
      const yaml = `providers:\n  google:\n    clientId: |\n      the-id\n    ${secret}\n`
      expect(clientOf(withYaml(yaml))).toEqual({ id: 'the-id', secrets: ['the-secret'] })
    },
  )
})

describe('client ids and secrets with invisible characters', () => {
  test.each(['the\nid', 'the\tid', 'the\u0000id', 'the\u200bid', '\ufeffthe-id', 'thé-id'])(
    'a client id or secret with the value %j is rejected, and the error names the setting',
    (value) => {
      const id = () => load({ ...CLIENT, LARDER_GOOGLE_CLIENT_ID: value })
      const secret = () => load({ ...CLIENT, LARDER_GOOGLE_CLIENT_SECRET: value })
      const inYaml = () =>
        withYaml(
          `providers: { google: { clientId: x, clientSecrets: [a, ${JSON.stringify(value)}] } }`,
        )
      expect(problemsOf(id)).toEqual([`providers.google.clientId: ${IN_ONE_LINE}`])
      expect(problemsOf(secret)).toEqual([`providers.google.clientSecret: ${IN_ONE_LINE}`])
      expect(problemsOf(inYaml)).toEqual([`providers.google.clientSecrets.1: ${IN_ONE_LINE}`])
    },
  )
})

describe('files with secrets', () => {
  test('a secret file may begin with a UTF-8 byte order mark', () => {
    const config = inFile(Buffer.from('\ufeffthe-secret\r\n'))
    expect(clientOf(config).secrets).toEqual(['the-secret'])
  })

  test.each([
    [
      'UTF-16 with its mark',
      Buffer.from('\ufeffthe-secret\n', 'utf16le'),
      'holds NUL bytes, as UTF-16 does',
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('the-secret', 'utf16le'),
      'holds NUL bytes, as UTF-16 does',
    ],
    ['Latin-1', Buffer.from('the-s\u00e9cret', 'latin1'), 'is not UTF-8'],
  ])(
    'a secret file in %s is rejected, and the error says how to fix it',
    (_encoding, bytes, found) => {
      expect(problemsOf(() => inFile(bytes))).toEqual([
        `providers.google.clientSecretFile: the file ${found}: save it as UTF-8`,
      ])
    },
  )

  test('larder.yaml in UTF-16 is rejected, and the error says how to fix it', () => {
    const cwd = tempDir()
    writeFileSync(join(cwd, 'larder.yaml'), Buffer.from('redirectUrls: []', 'utf16le'))
    const problem = 'larder.yaml: the file holds NUL bytes, as UTF-16 does: save it as UTF-8'
    expect(problemsOf(() => load({}, { cwd }))).toEqual([problem])
  })

  test('the secrets of several files are tried in the order in which the setting names the files', () => {
    const yaml = 'providers: { google: { clientId: x, clientSecretFiles: [new, old] } }'
    const config = withYaml(yaml, { new: Buffer.from('second\n'), old: Buffer.from('first\n') })
    expect(clientOf(config).secrets).toEqual(['second', 'first'])
  })

  test.each([
    [0o440, []],
    [0o400, []],
    [0o600, []],
    [0o640, ['LARDER_API_KEY_FILE: the file can be read by group or others: chmod 600']],
    [0o444, ['LARDER_API_KEY_FILE: the file can be read by group or others: chmod 600']],
    [0o604, ['LARDER_API_KEY_FILE: the file can be read by group or others: chmod 600']],
  ])(
    'a secret file of mode %i (decimal) is read, with a warning if group or others can read it',
    (mode, warnings) => {
      const cwd = tempDir()
      const LARDER_API_KEY_FILE = put(cwd, 'api.key', API_KEY, mode)
      const { LARDER_API_KEY: _given, ...rest } = KEYS
      const config = loadConfig({ ...rest, LARDER_API_KEY_FILE }, around({ cwd }))
      expect(config.warnings.filter((line) => line.includes('API_KEY'))).toEqual(warnings)
    },
  )
})

describe('private keys', () => {
  const APPLE = 'teamId: ABCDEFGHIJ, keyId: ABCDEFGHIJ, clientId: x, clientSecretFile: key.pem'
  const withKey = (pem: string) =>
    withYaml(`providers: { apple: { ${APPLE} } }`, { 'key.pem': Buffer.from(pem) })
  test('a private key that can sign is accepted', () => {
    expect(problemsOf(() => withKey(String(pemOf('P-256'))))).toEqual([])
  })

  test.each([
    ['not a key', 'abc'],
    ['a truncated key', String(pemOf('P-256')).slice(0, 80)],
    ['a key of a curve that no strategy signs with', String(pemOf('secp256k1'))],
  ])('a client secret that is %s is rejected at the start', (_what, pem) => {
    expect(problemsOf(() => withKey(pem))).toEqual([
      'providers.apple.clientSecret: must be a private key in PEM: RSA, EC P-256, EC P-384 or Ed25519',
    ])
  })
})

test('a bad provider id, section or value does not hide other problems of the settings', () => {
  const cwd = tempDir()
  mkdirSync(join(cwd, 'x'))
  put(
    cwd,
    'larder.yaml',
    `
providers:
  Bad_Id: { clientId: x }
  google: { clientId: "a\\nb" }
  other: text
nonsense: 1
redirectUrls: https://app.example.com
refresh: { concurrencyPerProvider: many }
webhooks:
  - { url: 'javascript:1', secretFile: none, providers: [other] }
`,
  )
  const problems = problemsOf(() => load({ LARDER_LISTEN: 'x', LARDER_NONSENSE: '1' }, { cwd }))
  const names = problems.map((line) => line.replace(/: .*/, ''))
  expect(names.toSorted()).toEqual([
    'LARDER_LISTEN',
    'LARDER_NONSENSE',
    'nonsense',
    'providers.Bad_Id',
    'providers.google.clientId',
    'providers.other',
    'redirectUrls',
    'refresh.concurrencyPerProvider',
    'webhooks.0.secretFile',
    'webhooks.0.url',
  ])
})
