import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { SETTINGS } from '../src/config/settings.ts'

type Service = Readonly<Record<string, never>> & {
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly string[]
}

const compose = parse(readFileSync('docker-compose.example.yml', 'utf8')) as {
  readonly services: { readonly larder: Service; readonly app: Service }
  readonly networks: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}
const { larder, app } = compose.services

test('only the public listener is published, and only to the proxy on this host', () => {
  expect(larder.ports).toEqual(['127.0.0.1:7421:7421'])
  expect(app.ports).toBeUndefined()
  expect(compose.networks).toMatchObject({ inside: { internal: true } })
  expect(app).toMatchObject({ networks: ['inside'] })
})

test('the container is read-only, unprivileged and limited in memory', () => {
  expect(larder).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    mem_limit: '256m',
    ulimits: { core: 0 },
  })
  expect(larder).toHaveProperty('pids_limit')
  expect(larder).toHaveProperty('tmpfs')
})

const DOCUMENTS = ['docker-compose.example.yml', 'docs/running.md']
const texts = DOCUMENTS.map((path) => [path, readFileSync(path, 'utf8')] as const)

test('the image is built once, and a copy of the compose file works without the checkout', () => {
  expect(larder).not.toHaveProperty('build')
  expect(larder).toMatchObject({ image: 'larder', pull_policy: 'never' })
  for (const [path, text] of texts) {
    expect(text.match(/docker build .*/g), path).toEqual(['docker build -t larder .'])
    // A copy is named as compose looks for it.
    expect(text, path).toContain('compose.yaml')
    expect(text, path).not.toMatch(/docker compose -f/)
  }
})

test('the documented commands create every secret file', () => {
  for (const [path, text] of texts) {
    const made = [...text.matchAll(/> (secrets\/\S+)/g)].map(([, file]) => `./${file}`)
    const wanted = Object.values(compose.secrets).map(({ file }) => file)
    expect(made.toSorted(), path).toEqual(wanted.toSorted())
  }
})

test('every secret is a file, and every setting exists', () => {
  for (const [name, value] of Object.entries(larder.environment)) {
    const known = Object.keys(SETTINGS).includes(name.replace(/_FILE$/, ''))
    expect(known || /^LARDER_GOOGLE_CLIENT_(ID|SECRET_FILE)$/.test(name), name).toBe(true)
    if (/(KEY|SECRET)/.test(name)) expect(value).toMatch(/^\/run\/secrets\//)
  }
})

test('the app has its own API key, and not the key that holds every permission', () => {
  expect(larder).toMatchObject({ secrets: expect.arrayContaining(['larder-api.key']) })
  expect(app).toMatchObject({
    environment: { LARDER_API_KEY_FILE: '/run/secrets/app-api.key' },
    secrets: ['app-api.key'],
  })
  for (const [path, text] of texts) {
    const made = /keys new my-app[\s\\#]+--permissions ([\w:,]+)[^>]*> secrets\/app-api\.key/
    const [, permissions = ''] = made.exec(text) ?? []
    expect(permissions.split(','), path).toContain('tokens:read')
    expect(permissions, path).not.toContain('admin')
  }
})
