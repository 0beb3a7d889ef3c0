import { Webhook } from 'svix'
import { expect, test } from 'vitest'
import { Secret } from '../../src/core/base/secret.ts'
import { signatureHeaders } from '../../src/webhooks/sign.ts'
import { field, readVectors, type Vector } from '../seal/read-vectors.ts'
import { OLD_SECRET, SECRET } from './make-endpoint.ts'

const { vectors } = readVectors('webhook-signature')

function headersOf(vector: Vector) {
  const secrets = field(vector, 'secret').split(' ')
  const message = {
    id: field(vector, 'id'),
    sentAtSeconds: Number(field(vector, 'timestamp')),
    body: field(vector, 'body'),
  }
  return signatureHeaders(
    message,
    secrets.map((secret) => new Secret(secret)),
  )
}

test.each(vectors.map((vector) => [field(vector, 'name'), vector] as const))(
  'signature headers match webhook-signature.txt: %s',
  (_, vector) => {
    expect(headersOf(vector)).toEqual({
      'webhook-id': field(vector, 'id'),
      'webhook-timestamp': field(vector, 'timestamp'),
      'webhook-signature': field(vector, 'signature'),
    })
  },
)

test.each(vectors.map((vector) => [field(vector, 'name'), vector] as const))(
  'the svix package makes the same signature: %s',
  (_, vector) => {
    const at = new Date(Number(field(vector, 'timestamp')) * 1000)
    const signatures = field(vector, 'secret')
      .split(' ')
      .map((secret) => new Webhook(secret).sign(field(vector, 'id'), at, field(vector, 'body')))
    expect(signatures.join(' ')).toBe(field(vector, 'signature'))
  },
)

const message = { id: 'evt_1', sentAtSeconds: Math.floor(Date.now() / 1000), body: '{"a":1}' }
const both = [new Secret(SECRET), new Secret(OLD_SECRET)]

test.each([SECRET, OLD_SECRET])(
  'with two secrets, a receiver with %s verifies the signature',
  (secret) => {
    const headers = signatureHeaders(message, both)
    expect(() => new Webhook(secret).verify(message.body, headers)).not.toThrow()
  },
)

test('a signature does not verify with another secret, body, id or time', () => {
  const headers = signatureHeaders(message, both)
  const other = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
  const later = String(message.sentAtSeconds + 1)
  expect(() => new Webhook(other).verify(message.body, headers)).toThrow()
  for (const forged of [
    { body: '{"a":2}', headers },
    { body: message.body, headers: { ...headers, 'webhook-id': 'evt_2' } },
    { body: message.body, headers: { ...headers, 'webhook-timestamp': later } },
  ]) {
    expect(() => new Webhook(SECRET).verify(forged.body, forged.headers)).toThrow()
  }
})
