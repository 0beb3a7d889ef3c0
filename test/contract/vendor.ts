import type { Client } from './check-request.ts'
import type { Dialect, ErrorAnswer } from './dialect.ts'
import { fill, type Values } from './fill.ts'
import type { Incoming } from './incoming.ts'
import type { VendorBooks } from './vendor-books.ts'

export type Answer = {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The state of a vendor's server beside its dialect. */
export type Vendor = {
  readonly dialect: Dialect
  readonly client: Client
  /** The registered redirect URI. */
  redirectUri: string
  readonly books: VendorBooks
  readonly now: () => number
  /** Everything that the real vendor would have refused. */
  readonly complaints: string[]
  readonly requests: Incoming[]
  /** The scope that the user deselects. */
  withheld: string | null
  /** Whether the vendor accepts revocations now. */
  forgets: boolean
  fault: { readonly at: 'exchange' | 'refresh'; readonly answer: ErrorAnswer } | null
  /** Refresh tokens of requests that failed with a 5xx, which may be used up. */
  readonly doubtful: Set<string>
  /** The error that the callback has instead of a code. */
  denial: string | null
}

/** Records what is wrong with a request, and refuses it. */
export function refuse(vendor: Vendor, what: string, wrong: readonly string[]): Answer {
  vendor.complaints.push(`${what}: ${wrong.join(', ')}`)
  return { status: 400, body: { error: 'invalid_request' } }
}

/** The values for the placeholders of a dialect. */
export function valuesOf({ client, redirectUri, dialect }: Vendor): Values {
  return { clientId: client.id, clientSecret: client.secret, redirectUri, ...dialect.settings }
}

export function answerError(vendor: Vendor, error: ErrorAnswer): Answer {
  const headers = error.headers === undefined ? {} : { headers: error.headers }
  return { status: error.status, body: fill(error.body, valuesOf(vendor)), ...headers }
}
