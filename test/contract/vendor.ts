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

/** What stands beside the dialect while a vendor is asked. */
export type Vendor = {
  readonly dialect: Dialect
  readonly client: Client
  /** As it is registered. */
  redirectUri: string
  readonly books: VendorBooks
  readonly now: () => number
  /** Everything that a real one would have refused. */
  readonly complaints: string[]
  readonly requests: Incoming[]
  /** What the user unticks, and what the token endpoint says in place of its answer. */
  withheld: string | null
  /** Whether it takes revocations just now. */
  forgets: boolean
  fault: { readonly at: 'exchange' | 'refresh'; readonly answer: ErrorAnswer } | null
  /** Refresh tokens of requests that came to nothing. */
  readonly doubtful: Set<string>
  /** What comes back from the provider's page in place of a code. */
  denial: string | null
}

/** Says what is wrong, once for the test and once to whoever asked. */
export function refuse(vendor: Vendor, what: string, wrong: readonly string[]): Answer {
  vendor.complaints.push(`${what}: ${wrong.join(', ')}`)
  return { status: 400, body: { error: 'invalid_request' } }
}

/** What any text of a dialect may speak of. */
export function valuesOf({ client, redirectUri, dialect }: Vendor): Values {
  return { clientId: client.id, clientSecret: client.secret, redirectUri, ...dialect.settings }
}

export function answerError(vendor: Vendor, error: ErrorAnswer): Answer {
  const headers = error.headers === undefined ? {} : { headers: error.headers }
  return { status: error.status, body: fill(error.body, valuesOf(vendor)), ...headers }
}
