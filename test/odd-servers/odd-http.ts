// Unusual but valid HTTP answers, which a client must read.

export type WrittenAnswer = (body: string) => Uint8Array

const latin1 = (text: string) => Buffer.from(text, 'latin1')

const answer =
  (fields = '', before = '') =>
  (body: string) =>
    latin1(`${before}HTTP/1.1 200 OK\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`)

/** The usual answer with one edit. */
const edited = (edit: (text: string) => string) => (body: string) =>
  latin1(edit(Buffer.from(answer()(body)).toString('latin1')))

const withHead = (head: string) => (body: string) =>
  latin1(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`)

const hex = (text: string) => text.length.toString(16)
const chunked =
  ({
    fields = '',
    named = 'transfer-encoding: chunked\r\n',
    size = (n: string) => n,
    end = '0\r\n\r\n',
  }) =>
  (body: string) =>
    latin1(
      `HTTP/1.1 200 OK\r\n${fields}${named}\r\n` +
        `${size(hex(body.slice(0, 5)))}\r\n${body.slice(0, 5)}\r\n` +
        `${size(hex(body.slice(5)))}\r\n${body.slice(5)}\r\n${end}`,
    )

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const length = (edit: (n: string) => string) =>
  edited((text) => text.replace(/(?<=content-length: )\d+/, edit))

export const ODD_ANSWERS: readonly (readonly [what: string, write: WrittenAnswer])[] = [
  ['after 100 Continue', answer('', CONTINUE)],
  ['after 100 Continue three times', answer('', CONTINUE.repeat(3))],
  [
    'after 100 Continue with fields',
    answer('', 'HTTP/1.1 100 Continue\r\nlink: a\r\nx: y\r\n\r\n'),
  ],
  [
    'after 100 Continue that announces a body',
    answer('', 'HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n'),
  ],
  [
    'after 100 Continue that closes',
    answer('', 'HTTP/1.0 100 Continue\r\nconnection: close\r\n\r\n'),
  ],
  ['after 100 Continue and an empty line', answer('', `${CONTINUE}\r\n`)],
  ['after 101 Switching Protocols', answer('', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n')],
  ['after 102 Processing', answer('', 'HTTP/1.1 102 Processing\r\n\r\n')],
  ['after 103 Early Hints', answer('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')],
  ['after 104, 100 and 199', answer('', `HTTP/1.1 104 A\r\n\r\n${CONTINUE}HTTP/1.1 199\r\n\r\n`)],
  ['with a folded field', answer('x-long: a\r\n b\r\n\tc\r\n')],
  ['with a field that is folded at once', answer('x-long:\r\n b\r\n')],
  ['with a folded content type', answer('content-type: application/json;\r\n charset=utf-8\r\n')],
  ['with a folded length', length((n) => `\r\n ${n}`)],
  ['with a folded transfer coding', chunked({ named: 'transfer-encoding:\r\n chunked\r\n' })],
  ['with 17 KiB in one field', answer(`set-cookie: ${'a'.repeat(17 * 1024)}\r\n`)],
  ['with 17 KiB of fields', answer('x-a: bbbbbbbbbbbb\r\n'.repeat(1_000))],
  ['with 100 KiB in one field', answer(`set-cookie: ${'a'.repeat(100 * 1024)}\r\n`)],
  ['with bare LF', edited((text) => text.replaceAll('\r\n', '\n'))],
  ['with bare LF, after 100 Continue', answer('', CONTINUE.replaceAll('\r\n', '\n'))],
  ['with one bare LF', answer('a: b\n')],
  ['with a bare CR in a field', answer('a: b\rc\r\n')],
  ['without a reason', edited((text) => text.replace('200 OK', '200'))],
  ['with an empty reason', edited((text) => text.replace('200 OK', '200 '))],
  ['with a reason in Latin-1', edited((text) => text.replace('OK', 'D\u00e9j\u00e0 vu'))],
  ['with a control character in its reason', edited((text) => text.replace('OK', 'O\u0001K'))],
  ['with a field in Latin-1', answer('x-name: Jos\u00e9\r\n')],
  ['with control characters in a field', answer('x: \u0001\u0000\u007f\r\n')],
  ['with an empty field', answer('x:\r\n')],
  ['with names in capitals', edited((text) => text.replace('content-length', 'CONTENT-LENGTH'))],
  ['with a space before the colon', edited((text) => text.replace('length:', 'length :'))],
  ['with a line that is no field', answer('garbage\r\n')],
  ['with a name that is none', answer('x(y): z\r\n: z\r\n')],
  ['with a space before the first field', answer(' x: y\r\n')],
  ['after an empty line', edited((text) => `\r\n${text}`)],
  ['with its length twice', (body) => answer(`content-length: ${body.length}\r\n`)(body)],
  ['with its length twice in one field', length((n) => `${n}, ${n}`)],
  ['with spaces around its length', length((n) => `   ${n} \t`)],
  ['with zeros before its length', length((n) => `000${n}`)],
  ['of HTTP/1.0 that ends with the connection', (body) => latin1(`HTTP/1.0 200 OK\r\n\r\n${body}`)],
  ['that ends with the connection', withHead('connection: close')],
  ['that ends with a connection meant to stay', withHead('connection: keep-alive')],
  ['of HTTP/1.2', edited((text) => text.replace('1.1', '1.2'))],
  ['in chunks', chunked({})],
  ['in chunks of sizes in capitals', chunked({ size: (n) => n.toUpperCase() })],
  ['in chunks with extensions', chunked({ size: (n) => `${n};a=b;c="d;e"` })],
  ['in chunks with extensions and spaces', chunked({ size: (n) => `${n} ; a = b` })],
  ['in chunks with spaces', chunked({ size: (n) => `${n}  ` })],
  ['in chunks with zeros before their sizes', chunked({ size: (n) => `000${n}` })],
  ['in chunks with trailers', chunked({ end: '0\r\nx-a: b\r\nx-c: d\r\n e\r\n\r\n' })],
  ['in chunks without the last empty line', chunked({ end: '0\r\n' })],
  ['in chunks and with a length', chunked({ fields: 'content-length: 7\r\n' })],
  ['in chunks, said twice', chunked({ fields: 'transfer-encoding: chunked\r\n' })],
  ['with the transfer coding identity', answer('transfer-encoding: identity\r\n')],
  ['with more behind it', edited((text) => `${text}\r\ngarbage`)],
  ['that offers an upgrade', answer('upgrade: h2,h2c\r\nconnection: upgrade\r\n')],
]

/** Cuts bytes into pieces, so that they arrive one by one. */
export function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  const size = Math.max(1, Math.ceil(bytes.length / 400))
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, piece) => bytes.slice(piece * size, (piece + 1) * size))
}
