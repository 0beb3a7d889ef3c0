/** What came back from a token endpoint, as far as the outcome depends on it. */
export type TokenAnswer = {
  readonly status: number
  /** Null: not an object, cut, or not readable at all. */
  readonly body: Readonly<Record<string, unknown>> | null
  /** Whether the last byte arrived. */
  readonly complete: boolean
  /** Whether the body holds a non-empty access token where this provider puts it. */
  readonly hasToken: boolean
  readonly retryAfterMs: number | null
}
