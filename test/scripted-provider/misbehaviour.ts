import type { Json } from './dialects.ts'

/** The point of an exchange at which its connection ends. */
export type CutPoint =
  /** The connection was accepted, nothing read. */
  | 'accept'
  /** The head of the request was read. */
  | 'headers'
  /** The whole request was read, but not processed. */
  | 'request'
  /** The request was processed, nothing sent. */
  | 'processing'
  | 'status-line'
  | 'part-of-headers'
  | 'part-of-body'
  /** The last byte of the body was sent. */
  | 'body'

/** The form of a body. Those with the name of a fault keep the fields of the right answer. */
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
 * A misbehaviour as data, so that it can be sent to another process. Texts and header values may hold
 * `{{…}}`, see `fill`. `processed` says whether the provider still processes the request.
 */
export type Misbehaviour =
  | {
      readonly act: 'answer'
      readonly status: number
      readonly body: BodyShape
      readonly headers?: Readonly<Record<string, string>>
      readonly processed?: boolean
    }
  /** An error in the form of the profile. The grant does not change. */
  | { readonly act: 'refuse'; readonly error: string; readonly status?: number }
  /** The right answer with other fields. */
  | {
      readonly act: 'edit'
      readonly set?: Json
      readonly unset?: readonly string[]
      readonly headers?: Readonly<Record<string, string>>
      /** With false, this refresh does not rotate. */
      readonly rotates?: boolean
      /** The true lifetime of the access token. */
      readonly lifeSeconds?: number
    }
  | {
      readonly act: 'cut'
      readonly after: CutPoint
      /** With `open`, the connection stays open and nothing more is sent. */
      readonly ending?: 'reset' | 'close' | 'open'
      /** Whether a length or the end of the connection ends the body. */
      readonly framing?: 'length' | 'close'
      /** For `part-of-body`: the share that is sent. */
      readonly share?: number
      readonly processed?: boolean
    }
  | { readonly act: 'drip'; readonly everyMs: number; readonly processed?: boolean }
  | { readonly act: 'silence'; readonly processed?: boolean }
  | {
      readonly act: 'flood'
      readonly with: 'body' | 'gzip' | 'headers' | 'chunks'
      /** Number of decoded bytes, or of headers. */
      readonly amount: number
      readonly processed?: boolean
    }

/** Something that can accompany any misbehaviour, or a right answer. */
export type Companion =
  | {
      readonly act: 'delay'
      readonly before: 'processing' | 'answer'
      readonly ms: number
    }
  /** Holds the request until the rule is removed. */
  | { readonly act: 'hold'; readonly before: 'processing' | 'answer' }
  /** Kills a process of the test. `answered` is when the provider sent the last byte. */
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

/** Whether the request is processed: as the test wants, or the misbehaviour's default. */
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
