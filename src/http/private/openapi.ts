import { z } from 'zod'
import type { ErrorCode } from '../../core/base/errors.ts'
import { type Endpoint, PlainText } from './endpoint.ts'
import { PROBLEMS } from '../problems.ts'
import { components, problemShape } from './wire.ts'

type Json = Readonly<Record<string, unknown>>

/** The route table as OpenAPI 3.1. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): Json {
  const tags = [...new Set(endpoints.map(tagOf))]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Larder, private API',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: tags.map((name) => ({ name, description: TAGS[name] ?? name })),
    paths: pathsOf(endpoints),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: KEYS } },
      schemas: namedSchemas(),
    },
  }
}

const DESCRIPTION =
  "Keeps the OAuth tokens of an app's users fresh and serves them. Times are ISO 8601 in UTC. " +
  'Null counts as absent in request bodies; an unknown field is an error. Not for browsers.'

const KEYS = 'An API key. The roles that an operation names are permissions; admin has all of them.'

const TAGS: Readonly<Record<string, string>> = {
  tokens: 'Fresh access tokens.',
  connections: 'One for each account of a user at a provider.',
  users: 'Connections by user and provider.',
  'connect-links': 'One-time URLs on which users connect.',
  authorizations: "Flows whose callback is the host app's own.",
  providers: 'Configured providers.',
  events: 'What happened to connections and providers.',
  webhooks: 'Receivers of events.',
  keys: 'API keys.',
  operations: 'For operators and probes.',
}

function tagOf({ path }: Endpoint): string {
  if (path.endsWith('/token')) return 'tokens'
  return /^\/v1\/([a-z-]+)/.exec(path)?.[1] ?? 'operations'
}

function pathsOf(endpoints: readonly Endpoint[]): Json {
  const byPath = Map.groupBy(endpoints, ({ path }) => path)
  return Object.fromEntries(
    Array.from(byPath, ([path, here]) => [
      path,
      Object.fromEntries(here.map((endpoint) => [endpoint.method, operationOf(endpoint)])),
    ]),
  )
}

function operationOf(endpoint: Endpoint): Json {
  const { id, summary, permission } = endpoint
  const roles = permission === 'any' || permission === 'none' ? [] : [permission]
  return {
    operationId: id,
    summary,
    tags: [tagOf(endpoint)],
    security: permission === 'none' ? [] : [{ apiKey: roles }],
    parameters: [
      ...parametersOf('path', endpoint.params, endpoint.paramNames),
      ...parametersOf('query', endpoint.query, Object.keys(endpoint.query.shape)),
    ],
    ...requestBodyOf(endpoint),
    responses: { ...answersOf(endpoint), ...problemsOf(endpoint) },
  }
}

function parametersOf(place: string, shape: z.ZodObject, names: readonly string[]): Json[] {
  return names.map((name) => {
    const field: unknown = shape.shape[name]
    if (!(field instanceof z.ZodType)) throw new Error(`${name} has no shape`)
    const { description, ...schema } = jsonSchema(field)
    const required = place === 'path' || !field.safeParse(undefined).success
    return { name, in: place, required, ...(description ? { description } : {}), schema }
  })
}

function requestBodyOf({ body }: Endpoint): Json {
  if (Object.keys(body.shape).length === 0) return {}
  const required = !body.safeParse({}).success
  return {
    requestBody: { required, content: { 'application/json': { schema: referTo(body) } } },
  }
}

function answersOf(endpoint: Endpoint): Json {
  return Object.fromEntries(
    Object.entries(endpoint.answers).map(([status, shape]) => {
      const description = ANSWERS[status] ?? 'Answered.'
      return [status, shape === null ? { description } : { description, ...contentOf(shape) }]
    }),
  )
}

const ANSWERS: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Created.',
  204: 'Done; no body.',
  503: 'Not ready.',
}

function contentOf(shape: z.ZodType): Json {
  if (shape === PlainText.shape)
    return { content: { 'text/plain': { schema: { type: 'string' } } } }
  return { content: { 'application/json': { schema: referTo(shape) } } }
}

const EVERYWHERE: readonly ErrorCode[] = [
  'invalid_request',
  'forbidden',
  'payload_too_large',
  'unsupported_media_type',
  'misdirected_request',
  'internal',
]

const WITH_KEY: readonly ErrorCode[] = ['unauthenticated', 'storage_unavailable']

function problemsOf(endpoint: Endpoint): Json {
  const withKey = endpoint.permission === 'none' ? [] : WITH_KEY
  const codes = new Set([...EVERYWHERE, ...withKey, ...endpoint.errors])
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  const taken = Object.keys(endpoint.answers).map(Number)
  return Object.fromEntries(
    Array.from(byStatus, ([status, here]) => [status, problemAnswer(here)] as const).filter(
      ([status]) => !taken.includes(status),
    ),
  )
}

function problemAnswer(codes: readonly ErrorCode[]): Json {
  const retries = codes.some((code) => PROBLEMS[code].retryAfterSeconds !== undefined)
  const retryAfter = { description: 'Seconds to wait.', schema: { type: 'integer' } }
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    ...(retries ? { headers: { 'Retry-After': retryAfter } } : {}),
    content: { 'application/problem+json': { schema: referTo(problemShape) } },
  }
}

function referTo(shape: z.ZodType): Json {
  const id = components.get(shape)?.id
  return id === undefined ? jsonSchema(shape) : { $ref: referenceTo(id) }
}

function referenceTo(id: string): string {
  return `#/components/schemas/${id}`
}

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(components, { ...WHAT_IS_SENT, uri: referenceTo })
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]))
}

function jsonSchema(shape: z.ZodType): Json {
  return bare(z.toJSONSchema(shape, WHAT_IS_SENT))
}

/** Describes shapes as the caller sends them, before parsing. */
const WHAT_IS_SENT = {
  io: 'input',
  unrepresentable: 'any',
  // zod omits the default of a shape that transforms its input.
  override: (made: { readonly zodSchema: z.core.$ZodType; readonly jsonSchema: object }) => {
    const value = z.globalRegistry.get(made.zodSchema)?.['default']
    if (isScalar(value)) Object.assign(made.jsonSchema, { default: value })
  },
} as const

/** Some client generators drop the whole operation if a default is `{}`. */
function isScalar(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || value === null)
}

function bare({ $schema: _schema, $id: _id, ...schema }: Json): Json {
  return schema
}
