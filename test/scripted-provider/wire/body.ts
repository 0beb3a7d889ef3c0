import type { Json } from '../dialects.ts'
import type { BodyShape } from '../misbehaviour.ts'
import { fill, fillJson, type Words } from './fill.ts'

export type Body = { readonly bytes: Buffer; readonly type: string | null }

const JSON_TYPE = 'application/json; charset=utf-8'
const DEEP = 50_000

/** Encodes a body of this form. `reply` has the fields of the right answer. */
export function writeBody(shape: BodyShape, reply: Json | null, words: Words): Body {
  if (typeof shape === 'string') return writeNamed(shape, reply)
  if ('json' in shape) return text(fillJson(shape.json, words), JSON_TYPE)
  return text(fill(shape.text, words), shape.type)
}

type Named = Extract<BodyShape, string>

function writeNamed(shape: Named, reply: Json | null): Body {
  const json = reply === null ? '' : JSON.stringify(reply)
  const constant = CONSTANTS[shape]
  if (constant !== undefined) return constant
  switch (shape) {
    case 'truncated':
      return text(json.slice(0, Math.floor(json.length / 2)), JSON_TYPE)
    case 'broken-utf8':
      return brokenUtf8(json)
    case 'byte-order-mark':
      return text(`\uFEFF${json}`, JSON_TYPE)
    case 'duplicate-keys':
      return text(json.replace('{', `{${decoys(reply)}`), JSON_TYPE)
    case 'deep-nesting':
      return text(json.replace('{', `{"deep":${'['.repeat(DEEP)}${']'.repeat(DEEP)},`), JSON_TYPE)
    case 'form':
      return text(formEncoded(reply), 'application/x-www-form-urlencoded')
    case 'wrong-type':
      return text(json, 'text/html; charset=utf-8')
    default:
      return { bytes: Buffer.from(json), type: reply === null ? null : JSON_TYPE }
  }
}

const CONSTANTS: Partial<Record<Named, Body>> = {
  empty: { bytes: Buffer.alloc(0), type: null },
  html: text('<!doctype html><title>Error</title><h1>Something went wrong</h1>', 'text/html'),
  'firewall-html': text(
    '<!doctype html><title>Just a moment...</title><h1>Checking your browser</h1><p>Ray ID: 8f3a</p>',
    'text/html; charset=UTF-8',
  ),
  'json-null': text('null', JSON_TYPE),
  'json-array': text('[]', JSON_TYPE),
  'json-string': text('""', JSON_TYPE),
  'json-object': text('{}', JSON_TYPE),
  'json-number': text('42', JSON_TYPE),
}

function text(content: string, type: string): Body {
  return { bytes: Buffer.from(content), type }
}

/** Adds a field with an invalid UTF-8 byte. */
function brokenUtf8(json: string): Body {
  const [head, tail] = ['{"note":"caf', `","`]
  const rest = json.slice(2)
  const bytes = [Buffer.from(head), Buffer.from([0xe9, 0x80, 0xff]), Buffer.from(tail + rest)]
  return { bytes: Buffer.concat(bytes), type: JSON_TYPE }
}

/** Writes every text field twice: first a decoy, then the right value. */
function decoys(reply: Json | null): string {
  return Object.entries(reply ?? {})
    .filter(([, value]) => typeof value === 'string')
    .map(([key]) => `${JSON.stringify(key)}:"decoy",`)
    .join('')
}

function formEncoded(reply: Json | null): string {
  const fields = Object.entries(reply ?? {}).map(([key, value]): [string, string] => [
    key,
    String(value),
  ])
  return new URLSearchParams(fields).toString()
}
