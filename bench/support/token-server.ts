import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { accessTokenOf, refreshTokenOf } from './connections.ts'
import { answerMessages } from './child.ts'

/**
 * A token endpoint that rotates every refresh token and does nothing else, so that it is faster than
 * the programs it measures. It numbers its answers and records when it sends each.
 */
export type Demand =
  | { readonly kind: 'url' }
  /** Returns the records since the last call. */
  | { readonly kind: 'take answers' }

export type Answered = {
  readonly answer: number
  /** The number in the refresh token that was sent, as `refreshTokenOf` writes it. */
  readonly connection: number
  /** Taken before the answer is written, by the clock of `process.hrtime`. */
  readonly atNs: bigint
  /** The same moment by the wall clock. */
  readonly at: number
}

const CONNECTION = /refresh_token=1%2F%2F(\d+)\./
let answered: Answered[] = []
let answers = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const answer = ++answers
    const connection = Number(CONNECTION.exec(Buffer.concat(chunks).toString())?.[1] ?? Number.NaN)
    const body = JSON.stringify({
      access_token: accessTokenOf(`answer-${answer}`),
      token_type: 'Bearer',
      expires_in: 3_600,
      refresh_token: refreshTokenOf(connection),
      scope: 'calendar.readonly email',
    })
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    answered.push({ answer, connection, atNs: process.hrtime.bigint(), at: Date.now() })
    response.end(body)
  })
})

server.listen(0, '127.0.0.1', () => answerMessages((demand: Demand) => answerOf(demand)))
process.once('disconnect', () => process.exit(0))

function answerOf({ kind }: Demand): unknown {
  if (kind === 'url') return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const taken = answered
  answered = []
  return taken
}
