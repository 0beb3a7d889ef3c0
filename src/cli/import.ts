import { parseJson } from '../core/base/json.ts'
import type { Ask } from './daemon-client.ts'
import { printJson, printRows, type Row, tell } from './print.ts'
import { Refusal } from './refusal.ts'
import { textLines } from './text-lines.ts'

export type ImportOptions = {
  readonly json: boolean
  readonly verify: boolean
  /** Whether the host app gets an event for each connection. */
  readonly events: boolean
  readonly problemsOnly: boolean
}

type Problem = {
  readonly code: string
  readonly detail: string
  readonly reason?: string
  readonly errors?: readonly { readonly name: string; readonly detail: string }[]
}

/** The result of one line of the file. Lines are numbered from 1. */
type Imported = {
  readonly line: number
  readonly outcome: string
  readonly connectionId: string | null
  readonly status: string | null
  readonly problem: Problem | null
}

type Answer = { readonly items: readonly (Omit<Imported, 'line'> & { readonly index: number })[] }

/** One line of the file, parsed but not validated. */
type Line = { readonly line: number; readonly bytes: number; readonly value: unknown }

/** Below the limits of the daemon: 500 lines and 4 MiB. */
const MOST_BYTES = 3 * 1024 * 1024
const MOST_LINES = 500
/** Smaller with `verify`: the daemon responds only after the provider has confirmed each line. */
const MOST_VERIFIED = 100
const VERIFIED_WITHIN_MS = 600_000

/**
 * Imports a file in which each line is a body of `POST /v1/connections`. Reports rejected lines one
 * by one. The file may be imported again: lines that are already stored change nothing.
 */
export async function importFile(ask: Ask, path: string, options: ImportOptions): Promise<void> {
  const results: Imported[] = []
  for await (const batch of batchesOf(path, options.verify ? MOST_VERIFIED : MOST_LINES, results)) {
    results.push(...(await importLines(ask, batch, { ...options, done: results.length })))
    tell(`${results.length} done: ${summary(results)}`)
  }
  results.sort((one, other) => one.line - other.line)
  const shown = options.problemsOnly ? results.filter(({ problem }) => problem !== null) : results
  if (options.json) printJson(shown)
  else printRows(shown.map(rowOf), ['line', 'outcome', 'connection', 'status', 'problem'])
  const refused = results.filter(({ outcome }) => outcome === 'refused').length
  if (refused > 0) {
    const hint = 'correct these lines and import the file again: the others change nothing'
    throw new Refusal(`${refused} of ${results.length} lines were refused`, hint)
  }
}

async function importLines(
  ask: Ask,
  batch: readonly Line[],
  options: ImportOptions & { readonly done: number },
): Promise<readonly Imported[]> {
  const { verify, events, done } = options
  const body = { items: batch.map(({ value }) => value), verify, events }
  const within = verify ? { withinMs: VERIFIED_WITHIN_MS } : {}
  try {
    const question = { method: 'POST', path: '/v1/connections/batch', body, ...within } as const
    const { items } = await ask<Answer>(question)
    return items.map(({ index, ...item }) => ({ line: batch[index]?.line ?? 0, ...item }))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const where = `${error.message}, after ${done} lines`
    throw new Refusal(where, `${error.hint}; then import the file again`, error.exitCode)
  }
}

/** Adds lines that are not JSON to `refused`. Never quotes a line, because lines contain tokens. */
async function* batchesOf(
  path: string,
  most: number,
  refused: Imported[],
): AsyncGenerator<readonly Line[]> {
  let batch: Line[] = []
  let bytes = 0
  for await (const read of textLines(path, MOST_BYTES)) {
    const line = 'flaw' in read ? notTaken(read.line, read.flaw) : parsed(read)
    if ('problem' in line) {
      refused.push(line)
      continue
    }
    if (batch.length === most || (batch.length > 0 && bytes + line.bytes > MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += line.bytes
  }
  if (batch.length > 0) yield batch
}

function parsed({ line, text }: { readonly line: number; readonly text: string }): Line | Imported {
  try {
    return { line, bytes: Buffer.byteLength(text), value: parseJson(text) }
  } catch {
    return notTaken(line, 'the line is not well-formed JSON')
  }
}

function notTaken(line: number, detail: string): Imported {
  const problem = { code: 'invalid_request', detail }
  return { line, outcome: 'refused', connectionId: null, status: null, problem }
}

function summary(results: readonly Imported[]): string {
  const counts = Map.groupBy(results, ({ outcome }) => outcome)
  return Array.from(counts, ([outcome, { length }]) => `${length} ${outcome}`).join(', ')
}

function rowOf({ line, outcome, connectionId, status, problem }: Imported): Row {
  const { detail, reason, errors = [] } = problem ?? { detail: null }
  const fields = errors.map((error) => `${error.name} ${error.detail}`).join('; ')
  const said = [detail, reason && `(${reason})`, fields && `: ${fields}`].filter(Boolean).join(' ')
  return { line, outcome, connection: connectionId, status, problem: said.replace(' : ', ': ') }
}
