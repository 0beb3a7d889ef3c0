import type { Json } from './dialects.ts'

/** How far an exchange gets before its connection ends. */
export type CutPoint =
  /** Accepted, nothing read. */
  | 'accept'
  /** The head of the request was read. */
  | 'headers'
  /** All of the request was read, nothing done. */
  | 'request'
  /** Processed, not a byte answered. */
  | 'processing'
  | 'status-line'
  | 'part-of-headers'
  | 'part-of-body'
  /** The last byte of the body has left. */
  | 'body'

/** What a body is made of; those named after a fault keep what the answer would have held. */
export type BodyShape =
  | 'reply'
  | 'empty'
  | 'html'
  | 'firewall-html'
  | 'json-null'
  | 'json-array'
  | 'json-string'
  | 'json-object'
  | 'json-number'
  | 'truncated'
  | 'broken-utf8'
  | 'byte-order-mark'
  | 'duplicate-keys'
  | 'deep-nesting'
  | 'form'
  | 'wrong-type'
  | { readonly json: Json }
  | { readonly text: string; readonly type: string }

/**
 * Something a provider does to a request, as data, so that it can be sent to another process. Texts
 * and header values may hold `{{…}}`: see `fill`. `processed`: whether it was carried out all the same.
 */
export type Misbehaviour =
  | {
      readonly act: 'answer'
      readonly status: number
      readonly body: BodyShape
      readonly headers?: Readonly<Record<string, string>>
      readonly processed?: boolean
    }
  /** An error in the profile's own words; the grant stays as it is. */
  | { readonly act: 'refuse'; readonly error: string; readonly status?: number }
  /** The proper answer, with other fields. */
  | {
      readonly act: 'edit'
      readonly set?: Json
      readonly unset?: readonly string[]
      readonly headers?: Readonly<Record<string, string>>
      /** False: this once, the refresh token stays. */
      readonly rotates?: boolean
      /** How long the access token really lives. */
      readonly lifeSeconds?: number
    }
  | {
      readonly act: 'cut'
      readonly after: CutPoint
      /** `open`: neither ended nor continued. */
      readonly ending?: 'reset' | 'close' | 'open'
      /** Whether the end of the body is told by its length or by the end of the connection. */
      readonly framing?: 'length' | 'close'
      /** For `part-of-body`: how much of it leaves. */
      readonly share?: number
      readonly processed?: boolean
    }
  | { readonly act: 'drip'; readonly everyMs: number; readonly processed?: boolean }
  | { readonly act: 'silence'; readonly processed?: boolean }
  | {
      readonly act: 'flood'
      readonly with: 'body' | 'gzip' | 'headers' | 'chunks'
      /** Bytes once decoded, or headers. */
      readonly amount: number
      readonly processed?: boolean
    }

/** What may go along with anything else, or with a proper answer. */
export type Companion =
  | {
      readonly act: 'delay'
      readonly before: 'processing' | 'answer'
      readonly ms: number
    }
  /** Until it is released. */
  | { readonly act: 'hold'; readonly before: 'processing' | 'answer' }
  /** Ends a process that the test has started. `answered`: the last byte has left this one. */
  | {
      readonly act: 'kill'
      readonly pid: number
      readonly once: 'arrived' | 'processed' | 'answered'
      readonly afterMs: number
    }

export type Deed = Misbehaviour | Companion

export function isCompanion(deed: Deed): deed is Companion {
  return deed.act === 'delay' || deed.act === 'hold' || deed.act === 'kill'
}

/** Whether a request is carried out, where neither the test nor the misbehaviour says. */
export function isProcessed(deed: Misbehaviour, wanted: boolean | undefined): boolean {
  switch (deed.act) {
    case 'refuse':
      return false
    case 'edit':
      return true
    case 'cut': {
      const neverRead = deed.after === 'accept' || deed.after === 'headers'
      if (neverRead || deed.after === 'request') return false
      return wanted ?? deed.processed ?? true
    }
    case 'answer':
    case 'silence':
      return wanted ?? deed.processed ?? false
    case 'drip':
    case 'flood':
      return wanted ?? deed.processed ?? true
    default:
      return deed satisfies never
  }
}
