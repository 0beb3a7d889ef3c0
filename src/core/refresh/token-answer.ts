/** The parts of an answer that decide the outcome. */
export type TokenAnswer = {
  readonly status: number
  /** Null if it is cut, unreadable or not an object. */
  readonly body: Readonly<Record<string, unknown>> | null
  /** Whether the last byte arrived. */
  readonly complete: boolean
  /** Whether the body holds a non-empty access token at the path of this provider. */
  readonly hasToken: boolean
  readonly retryAfterMs: number | null
}
