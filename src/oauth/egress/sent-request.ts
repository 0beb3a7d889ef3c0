import type { SpokenRequest } from '../request/dialect.ts'
import type { EgressResult } from './egress.ts'

/** The result of a request, with functions that check whether the answer echoes the request. */
export type SentRequest = {
  readonly result: EgressResult
  /** Whether the request contained this text, encoded or plain. */
  readonly held: (text: string) => boolean
  /**
   * Whether this text contains part of a token or secret that was sent. If so, never quote the
   * text.
   */
  readonly isEchoedIn: (text: string) => boolean
}

export function sentRequest(
  result: EgressResult,
  { url, body, headers }: SpokenRequest,
  secrets: readonly string[],
): SentRequest {
  const texts = [url.href, body ?? '', ...Object.values(headers), ...secrets]
  return {
    result,
    held: (text) => texts.some((sent) => sent.includes(text)),
    isEchoedIn: (text) => secrets.some((secret) => sharesPart(text, secret)),
  }
}

/** Long enough to avoid chance matches, short enough that a shorter part reveals nothing. */
const TELLING_LENGTH = 8

function sharesPart(text: string, secret: string): boolean {
  const length = Math.min(TELLING_LENGTH, secret.length)
  if (length === 0) return false
  const starts = Array.from({ length: secret.length - length + 1 }, (_, start) => start)
  return starts.some((start) => text.includes(secret.slice(start, start + length)))
}
