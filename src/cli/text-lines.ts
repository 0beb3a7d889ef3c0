import { createReadStream } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { decodeUtf8 } from '../core/base/utf8.ts'
import { EXIT, Refusal } from './refusal.ts'

/** One line of a file, numbered from 1, with its text or the problem with its bytes. */
export type TextLine = {
  readonly line: number
  /** The position in the file after the line. */
  readonly end: number
} & ({ readonly text: string } | { readonly flaw: string })

const LF = 0x0a
const CR = 0x0d

/**
 * Reads the lines of a file, or of standard input for `-`, as UTF-8. Only LF and CR LF end a line,
 * because U+2028 is valid in JSON strings. Never replaces invalid bytes, because two user ids could
 * become equal. Does not hold a line of more than `longest` bytes in memory. Skips blank lines.
 * Ends early if the signal is aborted.
 */
export async function* textLines(
  path: string,
  longest: number,
  signal: AbortSignal,
): AsyncGenerator<TextLine> {
  let line = 0
  for await (const { bytes, end } of byteLines(path, longest, signal)) {
    line++
    if (bytes === 'too long') {
      yield { line, end, flaw: `the line is too long: it may have ${longest} bytes` }
      continue
    }
    if (line === 1) refuseUtf16(bytes)
    const read = readLine(bytes)
    if ('flaw' in read || !/^[ \t\r]*$/.test(read.text)) yield { line, end, ...read }
  }
}

type ByteLine = { readonly bytes: Buffer | 'too long'; readonly end: number }

async function* byteLines(
  path: string,
  longest: number,
  signal: AbortSignal,
): AsyncGenerator<ByteLine, void, undefined> {
  let parts: Buffer[] = []
  let length = 0
  const take = (part: Buffer): void => {
    length += part.length
    if (length <= longest) parts.push(part)
    else parts = []
  }
  const whole = (): Buffer | 'too long' => {
    const bytes = length > longest ? 'too long' : withoutCr(Buffer.concat(parts))
    parts = []
    length = 0
    return bytes
  }
  let start = 0
  for await (const chunk of chunksOf(path, signal)) {
    let from = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, at))
      from = at + 1
      yield { bytes: whole(), end: start + from }
    }
    if (from < chunk.length) take(chunk.subarray(from))
    start += chunk.length
  }
  if (length > 0) yield { bytes: whole(), end: start }
}

async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const input = path === '-' ? process.stdin : createReadStream(path)
  addAbortSignal(signal, input)
  try {
    yield* input as AsyncIterable<Buffer>
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof Error && 'code' in error)) throw error
    const hint = 'name a file of JSON lines, or - for standard input'
    throw new Refusal(`the file cannot be read (${String(error.code)})`, hint, EXIT.usage)
  }
}

function withoutCr(bytes: Buffer): Buffer {
  return bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes
}

function refuseUtf16(bytes: Buffer): void {
  const mark = bytes.subarray(0, 2).toString('latin1')
  if (mark !== '\xff\xfe' && mark !== '\xfe\xff') return
  const hint = 'convert it first, for example with "iconv -f UTF-16 -t UTF-8"'
  throw new Refusal('the file is UTF-16, not UTF-8', hint, EXIT.usage)
}

function readLine(bytes: Buffer): { readonly text: string } | { readonly flaw: string } {
  const nul = bytes.indexOf(0)
  if (nul !== -1) return { flaw: `byte ${nul + 1} of the line is NUL: is the file in UTF-16?` }
  // A file that was concatenated from several files may contain several byte order marks.
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded) return decoded
  return { flaw: `byte ${decoded.badByte} of the line is not UTF-8: convert the file to UTF-8` }
}
