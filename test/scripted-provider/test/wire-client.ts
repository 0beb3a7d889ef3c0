import { connect } from 'node:net'
import type { ScriptedProvider } from '../scripted-provider.ts'

export type Received = {
  readonly statusLine: string
  /** Header names are in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly headerCount: number
  readonly body: Buffer
  readonly bytes: Buffer
  readonly ending: 'end' | 'reset' | 'left'
}

/** Sends a refresh as raw bytes. Returns the raw answer. Disconnects after `leaveAfter` bytes. */
export function refreshByWire(
  provider: Pick<ScriptedProvider, 'origin' | 'client'>,
  refreshToken: string,
  leaveAfter = Number.POSITIVE_INFINITY,
): Promise<Received> {
  const { hostname, port } = new URL(provider.origin)
  const socket = connect({ host: hostname, port: Number(port) })
  const chunks: Buffer[] = []
  let length = 0
  socket.write(refreshRequest(provider, refreshToken))
  return new Promise((resolve) => {
    const done = (ending: Received['ending']) => resolve(received(Buffer.concat(chunks), ending))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= leaveAfter) return
      socket.destroy()
      done('left')
    })
    socket.once('end', () => done('end'))
    socket.once('error', () => done('reset'))
  })
}

export function refreshRequest(
  { client }: Pick<ScriptedProvider, 'client'>,
  refreshToken: string,
): string {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: client.id,
    client_secret: client.secret,
  }).toString()
  const head = [
    'POST /token HTTP/1.1',
    'host: provider',
    'accept: application/json',
    'content-type: application/x-www-form-urlencoded',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

function received(bytes: Buffer, ending: Received['ending']): Received {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')
  const [statusLine = '', ...fields] = head.split('\r\n')
  return {
    statusLine,
    headers: new Map(
      fields.map((field) => {
        const [name = '', value = ''] = field.split(/: (.*)/s)
        return [name.toLowerCase(), value] as const
      }),
    ),
    headerCount: fields.length,
    body: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4),
    bytes,
    ending,
  }
}
