import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../../src/http/private/openapi.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import type { Answered } from './ask.ts'

type Json = { readonly [name: string]: unknown }

export const document = openApiDocument(privateEndpoints, '0.0.0-test') as Json & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

export type Operation = Json & {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly content?: Json }>>
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema(closed(document) as object, 'openapi')

/** The differences between an answer and the OpenAPI document. */
export function surprises(method: string, path: string, answer: Answered): readonly string[] {
  const template = templateOf(path)
  const operation = document.paths[template]?.[method.toLowerCase()]
  if (operation === undefined) return [`${method} ${template} is not in the document`]
  const response = operation.responses[answer.status]
  const where = `${method} ${template} ${answer.status}`
  if (response === undefined) return [`${where} is not foreseen`]
  if (response.content === undefined) return answer.text === '' ? [] : [`${where} has a body`]
  const type = String(answer.headers['content-type']).split(';')[0] ?? ''
  if (!(type in response.content)) return [`${where} is ${type}`]
  if (!type.endsWith('json') || answer.text === '') return []
  const pointer = [
    'paths',
    template,
    method.toLowerCase(),
    'responses',
    answer.status,
    'content',
    type,
  ]
    .map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/')
  const validate = ajv.getSchema(`openapi#/${pointer}/schema`)
  if (validate === undefined) return [`${where} has no schema`]
  if (validate(answer.json) === true) return []
  return (validate.errors ?? []).map(
    (e) => `${where}${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`,
  )
}

function templateOf(path: string): string {
  const [plain = ''] = path.split('?')
  const matches = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  )
  // A path without a parameter wins over one with a parameter.
  return matches.find((template) => template === plain) ?? matches[0] ?? plain
}

/** The document allows additional fields, but tests report them. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, closed(inner)]),
  )
  const isObjectSchema = 'properties' in copy && !('additionalProperties' in copy)
  return isObjectSchema ? { ...copy, additionalProperties: false } : copy
}
