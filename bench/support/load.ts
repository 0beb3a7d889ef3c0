import { connect, type Socket } from 'node:net'
import { percentile } from '../../test/scripted-provider/checker/load.ts'

export type Load = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export type LoadOptions = {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** The bytes of the next request. */
  readonly next: () => string
  /** Requests a second by all connections together. By default, each sends as fast as it can. */
  readonly pace?: number
}

/**
 * Sends requests over connections that stay open, one at a time on each. It reads only as much HTTP
 * as it needs, because a full client is slower than the server. Throws unless each answer is a 200.
 */
export async function load(options: LoadOptions): Promise<Load> {
  const latencies: number[] = []
  const began = performance.now()
  const run = { ...options, until: began + options.seconds * 1_000, latencies }
  const all = Array.from({ length: options.connections }, () => sendUntilEnd(run))
  await Promise.all(all)
  const seconds = (performance.now() - began) / 1_000
  return {
    perSecond: latencies.length / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  }
}

type Run = LoadOptions & { readonly until: number; readonly latencies: number[] }

function sendUntilEnd(run: Run): Promise<void> {
  const { hostname, port } = new URL(run.url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const intervalMs = run.pace === undefined ? 0 : (run.connections * 1_000) / run.pace
  return new Promise((resolve, reject) => {
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(run.next(), 'latin1')
    }
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed a connection')))
    socket.once('connect', () => void setTimeout(send, Math.random() * intervalMs))
    readAnswers(socket, (status, text) => {
      const now = performance.now()
      if (status !== 200) return socket.destroy(new Error(`the answer is ${status}: ${text()}`))
      run.latencies.push(now - sentAt)
      if (now >= run.until) {
        socket.removeAllListeners('close')
        socket.destroy()
        return resolve()
      }
      const waitMs = sentAt + intervalMs - now
      if (waitMs > 0) setTimeout(send, waitMs)
      else send()
    })
  })
}

const HEAD_END = Buffer.from('\r\n\r\n')
const STATUS_AT = 'HTTP/1.1 '.length

/** Calls `onAnswer` for each whole answer. An answer needs a Content-Length. */
function readAnswers(socket: Socket, onAnswer: (status: number, text: () => string) => void): void {
  let pending: Buffer | null = null
  socket.on('data', (chunk: Buffer) => {
    const bytes = pending === null ? chunk : Buffer.concat([pending, chunk])
    const headEnd = bytes.indexOf(HEAD_END)
    if (headEnd !== -1) {
      const head = bytes.toString('latin1', 0, headEnd)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      if (length === undefined) return socket.destroy(new Error(`no content-length: ${head}`))
      if (bytes.length >= headEnd + HEAD_END.length + Number(length)) {
        pending = null
        return onAnswer(Number(head.slice(STATUS_AT, STATUS_AT + 3)), () => bytes.toString())
      }
    }
    pending = bytes
  })
}

/** The bytes of a request to the private API. */
export function requestBytes(
  at: { readonly privateUrl: string; readonly apiKey: string },
  method: 'GET' | 'POST',
): (path: string) => string {
  const { host } = new URL(at.privateUrl)
  const fields = `host: ${host}\r\nauthorization: Bearer ${at.apiKey}\r\n`
  const body = method === 'POST' ? 'content-type: application/json\r\ncontent-length: 2\r\n' : ''
  const rest = ` HTTP/1.1\r\n${fields}${body}\r\n${method === 'POST' ? '{}' : ''}`
  return (path) => `${method} ${path}${rest}`
}
