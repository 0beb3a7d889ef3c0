import { createPublicKey } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { KEYS } from '../oauth/answer/signing-provider.ts'
import { listen } from '../support/listen.ts'
import { answerAuthorize } from './answer-authorize.ts'
import { answerSide } from './answer-side.ts'
import { answerToken } from './answer-token.ts'
import type { Dialect } from './dialect.ts'
import { type Incoming, readIncoming } from './incoming.ts'
import type { Answer, Vendor } from './vendor.ts'
import { VendorBooks } from './vendor-books.ts'

export type DialectServer = Vendor & AsyncDisposable & { readonly port: number }

/**
 * Plays one vendor on loopback, for all of its hosts. Refuses what the real vendor would refuse, with
 * the vendor's own errors, and records it as a complaint.
 */
export async function startDialectServer(
  about: Pick<Vendor, 'client' | 'redirectUri' | 'now'> & {
    /** `origin` is the server's address, for a dialect with endpoints on loopback. */
    readonly dialectAt: (origin: string) => Dialect
  },
): Promise<DialectServer> {
  const { dialectAt, client, redirectUri, now } = about
  const server = createServer()
  const { port, close } = await listen(server)
  const dialect = dialectAt(`http://127.0.0.1:${port}`)
  const vendor: Vendor = {
    dialect,
    client,
    redirectUri,
    now,
    books: new VendorBooks(dialect.refresh?.rotation ?? 'none'),
    complaints: [],
    requests: [],
    withheld: null,
    fault: null,
    forgets: true,
    doubtful: new Set(),
    denial: null,
  }
  server.on('request', (request, response) => void serve(vendor, request, response))
  return Object.assign(vendor, { port, [Symbol.asyncDispose]: close })
}

async function serve(
  vendor: Vendor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const incoming = await readIncoming(request)
  vendor.requests.push(incoming)
  const { status, body, headers } = answerTo(vendor, incoming)
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null)
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    connection: 'close',
    // Larder needs the vendor's clock if lifetimes are points in time.
    date: new Date(vendor.now()).toUTCString(),
    ...headers,
  })
  response.end(body === undefined ? '' : text)
}

function answerTo(vendor: Vendor, incoming: Incoming): Answer {
  const answer =
    answerAuthorize(vendor, incoming) ??
    answerToken(vendor, incoming) ??
    answerSide(vendor, incoming) ??
    answerMetadata(vendor, incoming)
  if (answer !== null) return answer
  vendor.complaints.push(`nothing is at ${incoming.method} ${incoming.address}`)
  return { status: 404, body: { message: 'Not Found' } }
}

/** The metadata of OpenID Connect Discovery §4 and the keys, if the dialect has them. */
function answerMetadata({ dialect }: Vendor, { address }: Incoming): Answer | null {
  const { openid, authorize, exchange, revocation, probes } = dialect
  if (openid === undefined) return null
  const jwks = openid.jwks ?? `${openid.issuer}/jwks`
  if (address === jwks) {
    const jwk = createPublicKey(KEYS.own.export({ type: 'pkcs8', format: 'pem' })).export({
      format: 'jwk',
    })
    return { status: 200, body: { keys: [{ ...jwk, kid: 'k1', use: 'sig', alg: 'RS256' }] } }
  }
  const metadata = `${openid.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  if (address !== (openid.metadata ?? metadata)) return null
  return {
    status: 200,
    body: {
      issuer: openid.issuer,
      authorization_endpoint: authorize.url,
      token_endpoint: exchange.url,
      jwks_uri: jwks,
      userinfo_endpoint: probes?.[0]?.url,
      revocation_endpoint: revocation?.url,
      id_token_signing_alg_values_supported: ['RS256'],
    },
  }
}
