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

describe('on TCP', () => {
  test('tells the port it was given', async () => {
    await using listener = await listen(sayHello, loopback, LIMITS)
    expect(listener.address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('writes an IPv6 address as a URL has it', async () => {
    await using listener = await listen(sayHello, { kind: 'tcp', host: '::1', port: 0 }, LIMITS)
    expect(listener.address).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('says so where the port is taken', async () => {
    await using first = await listen(sayHello, loopback, LIMITS)
    const taken = { ...loopback, port: Number(new URL(first.address).port) }
    await expect(listen(sayHello, taken, LIMITS)).rejects.toThrow(/EADDRINUSE/)
  })

  test.each([
    ['NONSENSE\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`, '431'],
  ])('answers barely what is no HTTP', async (bytes, status) => {
    await using listener = await listen(sayHello, loopback, LIMITS)
    const answer = await sendRaw(listener.address, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\w ]+\\r\\n`))
    expect(answer).toContain('Connection: close')
    expect(answer.endsWith('\r\n\r\n')).toBe(true)
  })

  test('at its limit, closes the connection that has been idle longest for a new one', async () => {
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

  test('takes no more connections than it was told, and closes none that is being answered', async () => {
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

describe('closing', () => {
  test('lets what is under way end, and closes connections that then are idle', async () => {
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
  ])('closes at once a connection on which %s', async (_, bytes) => {
    const listener = await listen(sayHello, loopback, LIMITS)
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.address).port) })
    await once(socket, 'connect')
    socket.write(bytes)
    if (bytes.includes('\r\n\r\n')) await once(socket, 'data')
    // Accepted after the one under test: that one is known to the listener by now.
    await ask(listener.address, { path: '/' })
    const closed = listener[Symbol.asyncDispose]()
    const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'late').unref())
    expect(await Promise.race([closed, late])).toBeUndefined()
    socket.destroy()
  })

  test('lets a client read an answer that was already written, whatever its size', async () => {
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
    // Once the listener refuses connections, the closing has begun.
    await expect(sendRaw(listener.address, '')).rejects.toThrow(/ECONNREFUSED/)
    const read = await text(socket)
    expect(read.length - read.indexOf('\r\n\r\n') - 4).toBe(bytes)
    await closed
  }, 30_000)

  test('answers requests of one connection that were sent together, all of them', async () => {
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

  test('cuts what does not end in time', async () => {
    const arrived = Promise.withResolvers<void>()
    const limits = { ...LIMITS, closeWithinMs: 20 }
    const listener = await listen(() => arrived.resolve(), loopback, limits)
    const asked = ask(listener.address, { path: '/' })
    asked.catch(() => undefined)
    await arrived.promise
    await listener[Symbol.asyncDispose]()
    await expect(asked).rejects.toThrow(/socket hang up/)
  })

  test('is done once', async () => {
    const listener = await listen(sayHello, loopback, LIMITS)
    await listener[Symbol.asyncDispose]()
    await listener[Symbol.asyncDispose]()
  })
})

function at(name: string): ListenAt {
  return { kind: 'unix', path: join(directory, name) }
}

describe('on a Unix socket', () => {
  test('only its owner may connect, and it is gone afterwards', async () => {
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

  test('takes the place of a socket that nobody answers on', async () => {
    const path = join(directory, 'stale.sock')
    await leaveStaleSocket(path)
    expect(statSync(path).isSocket()).toBe(true)
    await using listener = await listen(sayHello, at('stale.sock'), LIMITS)
    expect((await ask(listener.address, { path: '/' })).text).toBe('hello')
  })

  test('leaves a socket alone that is answered', async () => {
    await using first = await listen(sayHello, at('busy.sock'), LIMITS)
    await expect(listen(sayHello, at('busy.sock'), LIMITS)).rejects.toThrow(/in use/)
    expect((await ask(first.address, { path: '/' })).text).toBe('hello')
  })

  test('leaves alone what is no socket', async () => {
    writeFileSync(join(directory, 'file.sock'), 'kept')
    await expect(listen(sayHello, at('file.sock'), LIMITS)).rejects.toThrow(/is no socket/)
    expect(existsSync(join(directory, 'file.sock'))).toBe(true)
  })
})

/** As a process leaves it that was killed: bound elsewhere, renamed, and no longer listened to. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  server.listen(`${path}.bound`)
  await once(server, 'listening')
  renameSync(`${path}.bound`, path)
  server.close()
  await once(server, 'close')
}
