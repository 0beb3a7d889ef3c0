import type { BodyShape, Misbehaviour } from '../misbehaviour.ts'

const ok = (body: BodyShape): Misbehaviour => ({
  act: 'answer',
  status: 200,
  body,
  processed: true,
})

/** Status 200 with an unusual body; the request is processed. */
export const BODIES = {
  'body-empty': ok('empty'),
  'no-content': { act: 'answer', status: 204, body: 'empty', processed: true },
  'body-html': ok('html'),
  'body-json-null': ok('json-null'),
  'body-json-array': ok('json-array'),
  'body-json-string': ok('json-string'),
  'body-json-object': ok('json-object'),
  'body-json-number': ok('json-number'),
  'body-truncated': ok('truncated'),
  'body-broken-utf8': ok('broken-utf8'),
  'body-byte-order-mark': ok('byte-order-mark'),
  'body-duplicate-keys': ok('duplicate-keys'),
  'body-deep-nesting': ok('deep-nesting'),
  'body-form-encoded': ok('form'),
  'body-wrong-content-type': ok('wrong-type'),
} as const satisfies Record<string, Misbehaviour>
