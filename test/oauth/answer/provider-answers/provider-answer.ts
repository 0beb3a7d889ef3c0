import type { OutcomeKind } from '../../../../src/core/refresh/refresh-outcome.ts'

/** `lost`: ambiguous, and the token may be spent without our seeing the answer. */
export type Expected = Exclude<OutcomeKind, 'not_sent'> | 'lost'

/**
 * What a token endpoint answered to a refresh: the preset whose rules read it, status, body (a text as
 * it came, anything else as JSON), what it is, how it is known, and headers.
 *
 * Known by: an RFC; `docs`, the provider's own documentation; `seen`, with the thread that shows it;
 * `reported`, told by users of the provider and not found in its documentation; `general`, what any
 * server in front of any provider may do.
 */
export type ProviderAnswer = readonly [
  preset: string,
  status: number,
  body: unknown,
  expected: Expected,
  known: string,
  headers?: Readonly<Record<string, string>>,
]
