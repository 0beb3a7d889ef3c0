import type { SpokenRequest } from '../request/dialect.ts'
import type { EgressResult } from './egress.ts'

/** What came back, and what may be known of what went out. */
export type SentRequest = {
  readonly result: EgressResult
  /** Whether this text is a part of what was sent, as it went over the wire or in plain. */
  readonly held: (text: string) => boolean
  /** Whether a part of a token or secret that was sent stands in this text: it must not be quoted. */
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

/** So long that it is chance no more, and so short that it gives nothing away. */
const TELLING_LENGTH = 8

function sharesPart(text: string, secret: string): boolean {
  const length = Math.min(TELLING_LENGTH, secret.length)
  if (length === 0) return false
  const starts = Array.from({ length: secret.length - length + 1 }, (_, start) => start)
  return starts.some((start) => text.includes(secret.slice(start, start + length)))
}
