import { type AnswerFields, framingOf } from './answer-framing.ts'

export type AnswerHead = { readonly status: number; readonly fields: AnswerFields }

/** Maximum number of bytes before the body: status lines, fields and informational answers. */
export const HEAD_LIMIT = 128 * 1024

const STATUS_LINE = /^HTTP\/\d+(?:\.\d+)?[ \t]+([1-9]\d\d)(?!\d)/i
const FIELD = /^([!#$%&'*+.^_`|~\w-]+)[ \t]*:(.*)$/s
const CHUNK_SIZE = /^[ \t]*([0-9a-f]{1,12})[ \t]*(?:;.*)?$/is
const LF = 0x0a

type State = 'status' | 'fields' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'over'

/**
 * Reads one HTTP/1 answer from pieces of any size. Accepts at least what RFC 9112 requires of a
 * client: any number of informational answers, folded fields, lines that end with a bare LF,
 * repeated equal lengths, chunk extensions. Skips a malformed field line. Such tolerance is safe
 * because each connection carries only one answer, so the reader cannot confuse two answers.
 */
export class AnswerReader {
  /** The head of the final answer; null until all of it has arrived. */
  head: AnswerHead | null = null
  /** Whether the last byte of the body arrived. */
  complete = false
  failure: 'malformed' | 'too_large' | null = null
  /** Whether any byte arrived, including bytes of an informational answer. */
  began = false
  readonly #bodyLimit: number
  readonly #body: Buffer[] = []
  #bodyBytes = 0
  #state: State = 'status'
  #status = 0
  #fields: [name: string, value: string][] = []
  /** The start of a line that is not complete yet. */
  #line: Buffer[] = []
  /** Number of bytes in lines since the last body byte. At most `HEAD_LIMIT`. */
  #lineBytes = 0
  /** Number of bytes still missing from the body or from the current chunk. */
  #left = 0

  constructor(bodyLimit: number) {
    this.#bodyLimit = bodyLimit
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The part of the body received so far. If no head was received, all bytes received so far. */
  get body(): Buffer {
    return Buffer.concat(this.head === null ? [...this.#body, ...this.#line] : this.#body)
  }

  push(bytes: Buffer): void {
    this.began ||= bytes.length > 0
    let rest = bytes
    while (rest.length > 0 && !this.isOver) {
      const isContent = this.#state === 'body' || this.#state === 'chunk'
      rest = isContent ? this.#takeContent(rest) : this.#takeLine(rest)
    }
  }

  /** Must be called when the provider closes the connection. */
  end(): void {
    if (this.#state === 'body' && this.#left === Number.POSITIVE_INFINITY) this.#finish()
    this.#state = 'over'
  }

  #takeContent(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#left)
    this.#keep(taken)
    this.#left -= taken.length
    this.#lineBytes = 0
    if (this.#left === 0 && !this.isOver) {
      if (this.#state === 'chunk') this.#state = 'chunk-end'
      else this.#finish()
    }
    return bytes.subarray(taken.length)
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#bodyLimit - this.#bodyBytes)
    this.#body.push(kept)
    this.#bodyBytes += kept.length
    if (kept.length < bytes.length) this.#fail('too_large')
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(LF)
    const part = end < 0 ? bytes : bytes.subarray(0, end)
    this.#line.push(part)
    this.#lineBytes += part.length + 1
    if (this.#lineBytes > HEAD_LIMIT) this.#fail('malformed')
    if (end < 0 || this.isOver) return bytes.subarray(bytes.length)
    const line = Buffer.concat(this.#line).toString('latin1').replace(/\r+$/, '')
    const rest = bytes.subarray(end + 1)
    if (this.#state === 'status' && line !== '' && !STATUS_LINE.test(line)) {
      // Not HTTP: keep all bytes, because they may contain tokens.
      this.#line.push(bytes.subarray(end))
      this.#fail('malformed')
      return rest
    }
    this.#line = []
    this.#readLine(line)
    return rest
  }

  #readLine(line: string): void {
    switch (this.#state) {
      case 'status':
        return this.#readStatus(line)
      case 'fields':
        return line === '' ? this.#endHead() : this.#readField(line)
      case 'chunk-size':
        return this.#readChunkSize(line)
      case 'chunk-end':
        if (line !== '') return this.#fail('malformed')
        this.#state = 'chunk-size'
        return
      default:
        return
    }
  }

  #readStatus(line: string): void {
    const status = STATUS_LINE.exec(line)?.[1]
    // Empty lines before an answer are skipped (RFC 9112 §2.2).
    if (status === undefined) return
    this.#status = Number(status)
    this.#fields = []
    this.#state = 'fields'
  }

  #readField(line: string): void {
    const last = this.#fields.at(-1)
    if (/^[ \t]/.test(line)) {
      // A folded line continues the field before it (RFC 9112 §5.2).
      if (last !== undefined) last[1] = `${last[1]} ${line.trim()}`.trim()
      return
    }
    const [, name, value] = FIELD.exec(line) ?? []
    if (name !== undefined) this.#fields.push([name.toLowerCase(), value?.trim() ?? ''])
  }

  #endHead(): void {
    const status = this.#status
    this.#state = 'status'
    // The final answer follows an informational answer (RFC 9110 §15.2).
    if (status < 200) return
    const fields = new Map<string, string[]>()
    for (const [name, value] of this.#fields) {
      fields.set(name, [...(fields.get(name) ?? []), value])
    }
    this.head = { status, fields }
    this.#lineBytes = 0
    this.#beginBody(this.head)
  }

  #beginBody({ status, fields }: AnswerHead): void {
    const framing = framingOf(status, fields)
    switch (framing.kind) {
      case 'none':
        return this.#finish()
      case 'chunked':
        this.#state = 'chunk-size'
        return
      case 'length':
        this.#state = 'body'
        this.#left = framing.length
        if (framing.length === 0) this.#finish()
        return
      case 'close':
      case 'invalid':
        this.#state = 'body'
        this.#left = Number.POSITIVE_INFINITY
        if (framing.kind === 'invalid') this.failure = 'malformed'
        return
      default:
        return framing satisfies never
    }
  }

  /** A chunk of size zero ends the body. Trailer fields are ignored. */
  #readChunkSize(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1]
    if (size === undefined) return this.#fail('malformed')
    this.#left = Number.parseInt(size, 16)
    if (this.#left === 0) this.#finish()
    else this.#state = 'chunk'
  }

  #finish(): void {
    this.complete = this.failure === null
    this.#state = 'over'
  }

  #fail(failure: 'malformed' | 'too_large'): void {
    this.failure = failure
    this.#state = 'over'
  }
}
