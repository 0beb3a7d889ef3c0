import { once } from 'node:events'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { listen, type ListenAt } from '../../src/http/listen.ts'
import { ask } from './support/ask.ts'
import { sendRaw } from './support/send-raw.ts'

const directory = mkdtempSync(join(tmpdir(), 'larder-listen-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const LIMITS = { closeWithinMs: 5_000, maxConnections: null }
const loopback: ListenAt = { kind: 'tcp', host: '127.0.0.1', port: 0 }

function sayHello(_request: IncomingMessage, response: ServerResponse): void {
  response.end('hello')
}

describe('a TCP listener', () => {
  test('a TCP listener reports the port that it got', async () => {
    await using listener = await listen(sayHello, loopback, LIMITS)
    expect(listener.address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('a TCP listener writes an IPv6 address in URL form', async () => {
    await using listener = await listen(sayHello, { kind: 'tcp', host: '::1', port: 0 }, LIMITS)
    expect(listener.address).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('a TCP listener fails if the port is in use', async () => {
    await using first = await listen(sayHello, loopback, LIMITS)
    const taken = { ...loopback, port: Number(new URL(first.address).port) }
    await expect(listen(sayHello, taken, LIMITS)).rejects.toThrow(/EADDRINUSE/)
  })

  test.each([
    ['NONSENSE\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`, '431'],
  ])(
    'a TCP listener answers malformed HTTP with a bare status and closes the connection',
    async (bytes, status) => {
      await using listener = await listen(sayHello, loopback, LIMITS)
      const answer = await sendRaw(listener.address, bytes)
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\w ]+\\r\\n`))
      expect(answer).toContain('Connection: close')
      expect(answer.endsWith('\r\n\r\n')).toBe(true)
    },
  )

  test('a TCP listener at its connection limit closes the connection that has been idle longest', async () => {
    await using listener = await listen(sayHello, loopback, { ...LIMITS, maxConnections: 2 })
    const port = Number(new URL(listener.address).port)
    const silent = connect({ host: '127.0.0.1', port })
    const slow = connect({ host: '127.0.0.1', port })
    slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab')
    await once(slow, 'data')
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
    expect(await text(silent)).toBe('')
    slow.destroy()
  })

  test('a TCP listener at its connection limit rejects a new connection if no connection is idle', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const limits = { ...LIMITS, maxConnections: 1 }
    await using listener = await listen((_req, answer) => arrived.resolve(answer), loopback, limits)
    const port = Number(new URL(listener.address).port)
    const first = connect({ host: '127.0.0.1', port })
    first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const response = await arrived.promise
    const second = connect({ host: '127.0.0.1', port })
    expect(await text(second)).toBe('')
    response.end('the end')
    expect(await text(first)).toContain('the end')
  })
})

describe('closing a listener', () => {
  test('closing a listener lets a running request finish, then closes its connection', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const listener = await listen((_req, response) => arrived.resolve(response), loopback, LIMITS)
    const { hostname, port } = new URL(listener.address)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const response = await arrived.promise
    const closed = listener[Symbol.asyncDispose]()
    await expect(sendRaw(listener.address, '')).rejects.toThrow(/ECONNREFUSED/)
    response.end('the end')
    expect(await text(socket)).toContain('the end')
    await closed
  })

  test.each([
    ['nothing was sent', ''],
    ['half a request line was sent', 'GET / HT'],
    ['half a header was sent', 'GET / HTTP/1.1\r\nHost: x\r\nA'],
    ['one request was answered', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a second request was begun', 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT'],
  ])('closing a listener closes at once a connection on which %s', async (_, bytes) => {
    const listener = await listen(sayHello, loopback, LIMITS)
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.address).port) })
    await once(socket, 'connect')
    socket.write(bytes)
    if (bytes.includes('\r\n\r\n')) await once(socket, 'data')
    // Accepted after the connection under test, so the listener knows that one by now.
    await ask(listener.address, { path: '/' })
    const closed = listener[Symbol.asyncDispose]()
    const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'late').unref())
    expect(await Promise.race([closed, late])).toBeUndefined()
    socket.destroy()
  })

  test('closing a listener lets a client finish reading an answer of any size that was already written', async () => {
    const bytes = 48 * 2 ** 20
    const sent = Promise.withResolvers<void>()
    const answer = (_request: IncomingMessage, response: ServerResponse): void => {
      response.end(Buffer.alloc(bytes, 'x'))
      sent.resolve()
    }
    const listener = await listen(answer, loopback, { ...LIMITS, closeWithinMs: 60_000 })
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.address).port) })
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await sent.promise
    const closed = listener[Symbol.asyncDispose]()
    // The listener refuses connections, so closing has begun.
    await expect(sendRaw(listener.address, '')).rejects.toThrow(/ECONNREFUSED/)
    const read = await text(socket)
    expect(read.length - read.indexOf('\r\n\r\n') - 4).toBe(bytes)
    await closed
  }, 30_000)

  test('closing a listener lets all pipelined requests of a connection finish', async () => {
    const responses: ServerResponse[] = []
    const both = Promise.withResolvers<void>()
    const hold = (_request: IncomingMessage, response: ServerResponse): void => {
      if (responses.push(response) === 2) both.resolve()
    }
    const listener = await listen(hold, loopback, LIMITS)
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.address).port) })
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2))
    await both.promise
    const closed = listener[Symbol.asyncDispose]()
    for (const response of responses) response.end('the end;')
    expect((await text(socket)).match(/the end;/g)).toHaveLength(2)
    await closed
  })

  test('closing a listener aborts requests that do not finish in time', async () => {
    const arrived = Promise.withResolvers<void>()
    const limits = { ...LIMITS, closeWithinMs: 20 }
    const listener = await listen(() => arrived.resolve(), loopback, limits)
    const asked = ask(listener.address, { path: '/' })
    asked.catch(() => undefined)
    await arrived.promise
    await listener[Symbol.asyncDispose]()
    await expect(asked).rejects.toThrow(/socket hang up/)
  })

  test('closing a listener twice is allowed', async () => {
    const listener = await listen(sayHello, loopback, LIMITS)
    await listener[Symbol.asyncDispose]()
    await listener[Symbol.asyncDispose]()
  })
})

function at(name: string): ListenAt {
  return { kind: 'unix', path: join(directory, name) }
}

describe('a Unix socket listener', () => {
  test('only its owner may connect to a Unix socket, and closing the listener removes the socket', async () => {
    const path = join(directory, 'own.sock')
    const umask = process.umask()
    {
      await using listener = await listen(sayHello, { kind: 'unix', path }, LIMITS)
      expect(listener.address).toBe(`unix:${path}`)
      expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
      expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
    }
    expect(existsSync(path)).toBe(false)
    expect(process.umask()).toBe(umask)
  })

  test('a Unix socket listener replaces a socket on which nothing listens', async () => {
    const path = join(directory, 'stale.sock')
    await leaveStaleSocket(path)
    expect(statSync(path).isSocket()).toBe(true)
    await using listener = await listen(sayHello, at('stale.sock'), LIMITS)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('a Unix socket listener fails if another process listens on the socket', async () => {
    await using first = await listen(sayHello, at('busy.sock'), LIMITS)
    await expect(listen(sayHello, at('busy.sock'), LIMITS)).rejects.toThrow(/in use/)
    expect((await ask(first.address, { path: '/' })).text).toBe('hello')
  })

  test('a Unix socket listener fails if the path is not a socket, and keeps the file', async () => {
    writeFileSync(join(directory, 'file.sock'), 'kept')
    await expect(listen(sayHello, at('file.sock'), LIMITS)).rejects.toThrow(/is no socket/)
    expect(existsSync(join(directory, 'file.sock'))).toBe(true)
  })
})

/**
 * Leaves a socket as a killed process does: bound elsewhere, renamed, and no longer listened to.
 */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  server.listen(`${path}.bound`)
  await once(server, 'listening')
  renameSync(`${path}.bound`, path)
  server.close()
  await once(server, 'close')
}
