import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import { PROBLEMS } from '../../../src/http/problems.ts'
import { document } from '../support/conform.ts'

const run = promisify(execFile)

test('a public linter accepts the OpenAPI document', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'larder-openapi-'))
  try {
    const file = join(directory, 'openapi.json')
    writeFileSync(file, JSON.stringify(document))
    const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json')
    const linter = join(dirname(manifest), 'bin', 'cli.js')
    const args = [linter, 'lint', file, '--extends', 'recommended', '--format', 'json']
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const { stdout } = await run(process.execPath, args, { cwd: directory, env })
    expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 }, problems: [] })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}, 60_000)

test('npm run api-page renders every endpoint to one page', async () => {
  await run('npm', ['run', '--silent', 'api-page'])
  const page = readFileSync('api.html', 'utf8')
  const ids = privateEndpoints.map(({ id }) => id)
  expect(ids.filter((id) => !page.includes(id))).toEqual([])
  expect(page).not.toMatch(/<script[^>]* src=/)
}, 60_000)

test('the OpenAPI document lists every endpoint with its permission', () => {
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { operationId }]) => `${operationId} ${method} ${path}`,
    ),
  )
  const expected = privateEndpoints.map(({ id, method, path }) => `${id} ${method} ${path}`)
  expect(listed.toSorted()).toEqual(expected.toSorted())
  expect(document.paths['/v1/connections']?.['post']?.['security']).toEqual([
    { apiKey: ['connections:write'] },
  ])
  expect(document.paths['/livez']?.['get']?.['security']).toEqual([])
})

test('the OpenAPI document describes the bodies that the API reads', () => {
  const body = document.paths['/v1/connect-links']?.['post']?.['requestBody']
  expect(body).toMatchObject({
    required: true,
    content: {
      'application/json': {
        schema: {
          additionalProperties: false,
          required: ['userId'],
          properties: { userId: { type: 'string', maxLength: 256 }, ttlSeconds: { default: 900 } },
        },
      },
    },
  })
})

const docs = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8')

test.each(privateEndpoints.map(({ method, path }) => `${method.toUpperCase()} ${path}`))(
  'docs/api.md has a section on %s',
  (name) => {
    const section = docs.split(/^#{2,3} /m).find((part) => part.startsWith(`\`${name}\`\n`))
    expect(section).toBeDefined()
    for (const part of ['**Requires**', '**Request**', '**Response**', '**Example**']) {
      expect(section).toContain(part)
    }
  },
)

/** From one `## ` to the next: rules that several endpoints share stand there once. */
const groupOf = (name: string) =>
  docs.split(/^## /m).find((group) => group.includes(`\n### \`${name}\`\n`)) ?? ''

/** Whether the word stands there as code; in prose, a field's name may mean something else. */
function says(text: string) {
  const parts = text.matchAll(/```([^`]+)```|`([^`]+)`/g)
  const code = Array.from(parts, ([, block, inline]) => block ?? inline).join('\n')
  return (word: string): boolean => new RegExp(`\\b${word}\\b`).test(code)
}

test.each(privateEndpoints.map((endpoint) => [endpoint.id, endpoint] as const))(
  'docs/api.md names every field that %s takes',
  (_, { method, path, query, body }) => {
    const group = groupOf(`${method.toUpperCase()} ${path}`)
    const fields = [...Object.keys(query.shape), ...Object.keys(body.shape)]
    expect(fields.filter((field) => !says(group)(field))).toEqual([])
  },
)

test.each(Object.entries(document.components.schemas))(
  'docs/api.md names every field and fixed value of the schema %s',
  (_, schema) => {
    expect(wordsOf(schema).filter((word) => !says(docs)(word))).toEqual([])
  },
)

/** The property names of a JSON Schema, and the values that they may have. */
function wordsOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(wordsOf)
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, inner]: [string, unknown]) => {
    if (name === 'enum') return Array.isArray(inner) ? inner.map(String) : []
    if (name !== 'properties' || typeof inner !== 'object' || inner === null) return wordsOf(inner)
    return [...Object.keys(inner), ...wordsOf(Object.values(inner))]
  })
}

test.each(Object.entries(PROBLEMS))(
  'docs/api.md lists the code %s with its status',
  (code, kind) => {
    expect(docs).toMatch(new RegExp(`\\| \`${code}\` +\\| ${kind.status} `))
  },
)
