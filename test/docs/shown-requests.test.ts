import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { privateEndpoints } from '../../src/http/private/private-endpoints.ts'
import { google } from '../../src/oauth/presets/google.ts'
import { document } from '../http/support/conform.ts'
import { shownJson, type ShownRequest, shownRequests } from './shown-requests.ts'

const requests = shownRequests()
const named = requests.map((request) => [`${request.file}: ${request.command}`, request] as const)

test('the documents show a request to every endpoint', () => {
  const shown = new Set(requests.map((request) => endpointOf(request)?.id))
  const missing = privateEndpoints.filter(({ id }) => !shown.has(id))
  expect(missing.map(({ id }) => id)).toEqual([])
})

test.each(named)('the API accepts the request in %s', (_, request) => {
  const endpoint = endpointOf(request)
  if (endpoint === undefined) throw new Error('no such endpoint')
  const { answer, body } = request
  const query = endpoint.query.safeParse(request.query)
  const given = endpoint.body.safeParse(body === null ? {} : JSON.parse(body))
  const wrong = [query, given].flatMap(({ error }) => error?.issues ?? [])
  const names = wrong.map(({ path }) => path.join('.'))
  // Some documents show the answer to a mistake.
  const told = answer.includes('"errors"') ? ((shownJson(answer) as Told).errors ?? []) : []
  expect(told.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
})

type Told = { readonly errors?: readonly { readonly name: string }[] }

const answered = named.filter(([, { answer }]) => answer.startsWith('{'))

test.each(answered)('the API’s schema allows the answer shown in %s', (_, request) => {
  const shown = shownJson(request.answer) as Readonly<Record<string, unknown>>
  const isProblem = 'code' in shown
  const endpoint = endpointOf(request)
  const operation = document.paths[endpoint?.path ?? '']?.[endpoint?.method ?? '']
  const statuses = Object.keys(operation?.responses ?? {})
  const status = isProblem ? String(shown['status']) : statuses.filter((s) => s < '300')
  const schemas = Object.entries(operation?.responses ?? {})
    .filter(([of]) => status.includes(of))
    .map(([, { content }]) => Object.values(content ?? {})[0] as { readonly schema: object })
  const validate = ajv.compile({
    ...partial({ anyOf: schemas.map(({ schema }) => schema) }),
    components: partial(document['components']),
  })
  validate(shown)
  const errors = validate.errors ?? []
  expect(errors.map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`)).toEqual(
    [],
  )
})

test('the token shown in README has the scopes of its link and the identity scopes', () => {
  const ofReadme = requests.filter(({ file }) => file === 'README.md')
  const link = ofReadme.find((request) => endpointOf(request)?.id === 'createLink')
  const token = ofReadme.find((request) => endpointOf(request)?.id === 'getConnectionToken')
  const asked = JSON.parse(link?.body ?? '{}') as { readonly scope?: readonly string[] }
  const served = shownJson(token?.answer ?? '') as { readonly scope: readonly string[] }
  expect(asked.scope).not.toBeUndefined()
  expect(served.scope).toEqual([...google.identityScopes, ...(asked.scope ?? [])])
})

const ajv = new Ajv2020({ strict: false, validateFormats: false })

function endpointOf({ method, path }: ShownRequest) {
  const here = privateEndpoints.filter(
    (one) =>
      one.method === method &&
      new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  return here.find((one) => one.path === path) ?? here[0]
}

/** Makes all fields of a schema optional and forbids unknown ones. */
function partial(value: unknown): object {
  if (Array.isArray(value)) return value.map(partialIfObject)
  const copy = Object.fromEntries(
    Object.entries(value as object)
      .filter(([name, inner]) => !(name === 'required' && Array.isArray(inner)))
      .map(([name, inner]: [string, unknown]) => [name, partialIfObject(inner)]),
  )
  const isObjectSchema = 'properties' in copy && !('additionalProperties' in copy)
  return isObjectSchema ? { ...copy, additionalProperties: false } : copy
}

function partialIfObject(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? partial(value) : value
}
