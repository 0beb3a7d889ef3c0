import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerReader, HEAD_LIMIT } from '../../src/outgoing/answer-reader.ts'
import { ODD_ANSWERS } from '../odd-servers/odd-http.ts'

const BODY = '{"access_token":"at-2","refresh_token":"rt-2"}'
const BODY_LIMIT = 1_000

function read(parts: readonly Uint8Array[], { limit = BODY_LIMIT } = {}) {
  const reader = new AnswerReader(limit)
  for (const part of parts) if (!reader.isOver) reader.push(Buffer.from(part))
  if (!reader.isOver) reader.end()
  const { head, complete, failure, began } = reader
  const body = reader.body.toString('latin1')
  return { status: head?.status ?? null, body, complete, failure, began, fields: head?.fields }
}

const ascii = (text: string) => [Buffer.from(text, 'latin1')]

test.each(ODD_ANSWERS)('an answer %s is read, however its bytes are split', (_what, write) => {
  const bytes = write(BODY)
  const whole = { status: 200, body: BODY, complete: true, failure: null, began: true }
  expect(read([bytes])).toMatchObject(whole)
  if (bytes.length > 10_000) return
  expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toMatchObject(whole)
  for (let at = 0; at < bytes.length; at++) {
    expect(read([bytes.slice(0, at), bytes.slice(at)])).toMatchObject(whole)
  }
})

test.each([
  ['204 with a length', 'HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n', 204],
  ['204 with a body', `HTTP/1.1 204 No Content\r\n\r\n${BODY}`, 204],
  ['205 without a length', 'HTTP/1.1 205 Reset Content\r\n\r\n', 205],
  ['304 with a length', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', 304],
])('an answer with status %s ends with its head', (_what, text, status) => {
  const reader = new AnswerReader(BODY_LIMIT)
  reader.push(Buffer.from(text))
  expect(reader.isOver).toBe(true)
  expect(read(ascii(text))).toMatchObject({ status, body: '', complete: true })
})

test.each([
  ['two different lengths', 'content-length: 46\r\ncontent-length: 7'],
  ['two different lengths in one field', 'content-length: 46, 7'],
  ['a length that is no number', 'content-length: abc'],
  ['a negative length', 'content-length: -1'],
])(
  'a body with %s is read until the connection closes and marked as incomplete',
  (_what, field) => {
    const result = read(ascii(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n${BODY}`))
    expect(result).toMatchObject({ status: 200, body: BODY, complete: false, failure: 'malformed' })
  },
)

test.each([
  ['nothing', '', { began: false, failure: null }],
  ['100 Continue alone', 'HTTP/1.1 100 Continue\r\n\r\n', { began: true, failure: null }],
  ['half a status line', 'HTTP/1.1 20', { began: true, failure: null }],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-ty', { began: true, failure: null }],
  ['another protocol', 'SSH-2.0-nope\r\n', { began: true, failure: 'malformed' }],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', { began: true, failure: 'malformed' }],
])('%s gives no status, and the result says whether an answer began', (_what, text, expected) => {
  expect(read(ascii(text))).toMatchObject({ status: null, complete: false, ...expected })
})

test('a body without a head is kept, because it may contain tokens', () => {
  expect(read(ascii(BODY)).body).toBe(BODY)
  expect(read(ascii(`oops\n${BODY}`)).body).toBe(`oops\n${BODY}`)
})

test.each([
  ['in one line', 'x'.repeat(HEAD_LIMIT)],
  ['in many lines', 'x: y\r\n'.repeat(HEAD_LIMIT / 5)],
  ['in informational answers', `X\r\n\r\n${'HTTP/1.1 100 C\r\n\r\n'.repeat(HEAD_LIMIT / 10)}`],
])('a head that is too large %s is discarded', (_what, text) => {
  expect(read(ascii(`HTTP/1.1 100 ${text}`))).toMatchObject({ status: null, failure: 'malformed' })
})

test('a body that is too large is truncated at the limit', () => {
  const text = 'x'.repeat(BODY_LIMIT + 1)
  const expected = { complete: false, failure: 'too_large', body: text.slice(1) }
  expect(read(ascii(`HTTP/1.1 200 OK\r\n\r\n${text}`))).toMatchObject(expected)
  const chunk = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
  const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`
  expect(read(ascii(chunked))).toMatchObject(expected)
  const exact = `HTTP/1.1 200 OK\r\n\r\n${text.slice(1)}`
  expect(read(ascii(exact))).toMatchObject({ complete: true, failure: null })
})

test.each([
  ['a chunk without a size', 'zz\r\n'],
  ['a chunk of a size beyond counting', 'fffffffffffff\r\n'],
  ['a chunk that is longer than its size', '2\r\nabc\r\n'],
])('after %s the body is incomplete, and the status is kept', (_what, text) => {
  const head = 'HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n'
  expect(read(ascii(head + text))).toMatchObject({ status: 400, complete: false })
})

test('header fields are found by lower-case names, with repeated values in order', () => {
  const { fields } = read(ascii('HTTP/1.1 200 OK\r\nA: 1\r\n__proto__: x\r\na: 2\r\n 3\r\n\r\n'))
  expect(fields?.get('a')).toEqual(['1', '2 3'])
  expect(fields?.get('__proto__')).toEqual(['x'])
})

const WORDS = [
  'HTTP/1.1 ',
  '200',
  '100',
  ' OK',
  '\r\n',
  '\n',
  '\r',
  ' ',
  ':',
  ';',
  'a',
  '5',
  '0',
  'content-length',
  'transfer-encoding',
  'chunked',
  ', ',
]

test('reading of any bytes ends, respects the limits and does not depend on how the bytes are split', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom(...WORDS), { maxLength: 60 })
      .map((words) => Buffer.from(words.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(bytes, fc.nat(300), (all, at) => {
      const whole = read([all], { limit: 20 })
      expect(whole.body.length).toBeLessThanOrEqual(whole.status === null ? all.length : 20)
      const split = read([all.slice(0, at), all.slice(at)], { limit: 20 })
      if (whole.status !== null) expect(split).toEqual(whole)
      expect(split.status).toBe(whole.status)
    }),
    { numRuns: 2_000 },
  )
})
