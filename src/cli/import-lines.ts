import { parseJson } from '../core/base/json.ts'
import { textLines } from './text-lines.ts'

export type Problem = {
  readonly code: string
  readonly detail: string
  readonly reason?: string
  readonly errors?: readonly { readonly name: string; readonly detail: string }[]
}

/** The result of one line of the file. Lines are numbered from 1. */
export type Imported = {
  readonly line: number
  readonly outcome: string
  readonly connectionId: string | null
  readonly status: string | null
  readonly problem: Problem | null
}

/** One line of the file, parsed but not validated. */
export type ParsedLine = { readonly line: number; readonly value: unknown }

/** Consecutive lines of the file that fit into one request. */
export type Batch = {
  readonly lines: readonly ParsedLine[]
  /** Lines that are not JSON. They are not sent. */
  readonly refused: readonly Imported[]
  readonly lastLine: number
  /** The position in the file after the last line. */
  readonly end: number
}

/** Below the limits of the daemon: 500 lines and 4 MiB. */
const MOST_BYTES = 3 * 1024 * 1024

/**
 * Yields the lines from `fromLine` in batches of at most `most` lines. Ends early if the signal is
 * aborted.
 */
export async function* batchesOf(
  path: string,
  from: { readonly most: number; readonly fromLine: number; readonly signal: AbortSignal },
): AsyncGenerator<Batch> {
  const { most, fromLine, signal } = from
  let lines: ParsedLine[] = []
  let refused: Imported[] = []
  let bytes = 0
  let last = { lastLine: fromLine - 1, end: 0 }
  const take = (): Batch => {
    const batch = { lines, refused, ...last }
    lines = []
    refused = []
    bytes = 0
    return batch
  }
  for await (const read of textLines(path, MOST_BYTES, signal)) {
    if (read.line < fromLine) continue
    const length = 'flaw' in read ? 0 : Buffer.byteLength(read.text)
    const count = lines.length + refused.length
    if (count === most || (count > 0 && bytes + length > MOST_BYTES)) yield take()
    const parsed = 'flaw' in read ? refusedLine(read.line, read.flaw) : parseLine(read)
    if ('value' in parsed) lines.push(parsed)
    else refused.push(parsed)
    bytes += length
    last = { lastLine: read.line, end: read.end }
  }
  if (lines.length + refused.length > 0) yield take()
}

/** Never quotes a line, because lines contain tokens. */
function parseLine({ line, text }: { readonly line: number; readonly text: string }) {
  try {
    return { line, value: parseJson(text) }
  } catch {
    return refusedLine(line, 'the line is not well-formed JSON')
  }
}

function refusedLine(line: number, detail: string): Imported {
  const problem = { code: 'invalid_request', detail }
  return { line, outcome: 'refused', connectionId: null, status: null, problem }
}
