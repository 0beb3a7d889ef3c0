import type { Verdict } from '../../../../src/core/refresh/classify-answer.ts'

/**
 * What a token endpoint answered to a refresh: the preset whose rules read it, status, body (a text as
 * it came, anything else as JSON), what it is, how it is known, and headers.
 *
 * Known by: an RFC; `docs`, the provider's own documentation; `seen`, with the thread that shows it;
 * `reported`, by users of the provider and not found in its documentation; `general`, what any
 * server in front of any provider may do.
 */
export type ProviderAnswer = readonly [
  preset: string,
  status: number,
  body: unknown,
  expected: Verdict['kind'],
  known: string,
  headers?: Readonly<Record<string, string>>,
]
