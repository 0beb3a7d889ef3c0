import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_REFRESH_SETTINGS } from '../../src/config/refresh-settings.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { load } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const page = readFileSync('docs/settings.md', 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))

test('docs/settings.md has a row for every environment variable and no other row', () => {
  const documented = rows.flatMap((cells) => cells[1]?.match(/LARDER_[A-Z_<>]+/g) ?? [])
  const provider = ['CLIENT_ID', 'CLIENT_SECRET', 'CLIENT_SECRET_FILE']
  const known = Object.entries(SETTINGS).flatMap(([name, sort]) =>
    sort === 'secret' ? [name, `${name}_FILE`] : [name],
  )
  expect(documented.toSorted()).toEqual(
    [...known, ...provider.map((name) => `LARDER_<PROVIDER>_${name}`)].toSorted(),
  )
})

test('docs/settings.md has a row for every refresh setting, with its default', () => {
  for (const [name, value] of Object.entries(DEFAULT_REFRESH_SETTINGS)) {
    expect(rows.find((cells) => cells[1] === `\`${name}\``)?.at(-2), name).toBe(
      String(value ?? 'always'),
    )
  }
})

test('Larder accepts the larder.yaml shown in docs/settings.md', () => {
  const yaml = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
  const cwd = tempDir()
  put(cwd, 'run/secret', 's')
  put(cwd, 'run/webhook', `whsec_${'A'.repeat(32)}`)
  const filled = yaml
    .replace(/(clientSecretFile): (?:…|[\w/]+)/g, '$1: run/secret')
    .replace('/run/secrets/webhook', 'run/webhook')
    .replace(/Endpoint: …/g, 'Endpoint: https://odd.example/x')
    .replaceAll('…', 'x')
  put(cwd, 'larder.yaml', filled)
  expect(load({}, { cwd }).providers.map(({ id }) => id)).toEqual([
    'google',
    'microsoft',
    'google-staging',
    'acme',
    'odd',
  ])
})

const FILES = ['credentials.md', 'journeys.md', 'webhooks.md', 'your-own-identity-server.md']
const shown = FILES.flatMap((name) =>
  [...readFileSync(`docs/${name}`, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, yaml = ''], at) => [name, at + 1, yaml] as const,
  ),
)

test.each(shown)(
  'Larder starts with the example larder.yaml in docs/%s, number %d',
  (_, __, yaml) => {
    const cwd = tempDir()
    put(cwd, 'run/secret', 's')
    put(cwd, 'run/webhook', `whsec_${'A'.repeat(32)}`)
    const filled = yaml
      .replaceAll(/\/run\/secrets\/[\w-]*webhook/g, 'run/webhook')
      .replaceAll(/\/run\/secrets\/[\w-]+/g, 'run/secret')
      .replaceAll('…', 'x')
    put(cwd, 'larder.yaml', filled)
    // A page about another subject may leave out the provider.
    const google = { LARDER_GOOGLE_CLIENT_ID: 'id', LARDER_GOOGLE_CLIENT_SECRET: 'secret' }
    const config = load(yaml.includes('\nproviders:') ? {} : google, { cwd })
    expect(config.providers).not.toEqual([])
  },
)

test('Larder accepts every Node option that docs/settings.md lists', () => {
  const [, list = ''] = /an option that is not in this list:\n\n(.*?)\n\n/s.exec(page) ?? []
  const options = [...list.matchAll(/`(--[a-z][\w.-]*)`/g)].map(([, option]) => option ?? '')
  expect(options.length).toBeGreaterThan(30)
  expect(() => load({ NODE_OPTIONS: options.join(' ') })).not.toThrow()
})
