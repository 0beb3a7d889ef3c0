import { stat } from 'node:fs/promises'
import type { Ask } from './daemon-client.ts'
import { type Batch, batchesOf, type Imported } from './import-lines.ts'
import { type Printer, printerOf, type Row, tell } from './print.ts'
import { Progress } from './progress.ts'
import { Refusal } from './refusal.ts'

export type ImportOptions = {
  readonly json: boolean
  readonly verify: boolean
  /** Whether the host app gets an event for each connection. */
  readonly events: boolean
  readonly problemsOnly: boolean
  /** The first line to import, from 1. */
  readonly fromLine: number
}

type Answer = { readonly items: readonly (Omit<Imported, 'line'> & { readonly index: number })[] }

/** Counts of the imported lines. It does not store the lines, because a file may have millions. */
type Tally = {
  readonly counts: Map<string, number>
  lastLine: number
}

const MOST_LINES = 500
/** Smaller with `verify`: the daemon responds only after the provider has confirmed each line. */
const MOST_VERIFIED = 100
const VERIFIED_WITHIN_MS = 600_000

/**
 * Imports a file in which each line is a body of `POST /v1/connections`. Reports rejected lines one
 * by one. The file may be imported again: lines that are already stored change nothing.
 */
export async function importFile(ask: Ask, path: string, options: ImportOptions): Promise<void> {
  const { json, verify, fromLine } = options
  const bytes = await sizeOf(path)
  const columns = ['line', 'outcome', 'connection', 'status', 'problem']
  const tally: Tally = { counts: new Map(), lastLine: fromLine - 1 }
  const shown = { printer: printerOf<Imported>(json, columns, rowOf), progress: new Progress() }
  if (fromLine > 1) tell(`continues at line ${fromLine}`)
  using interruption = listenForInterruption(shown.progress)
  const { signal } = interruption
  try {
    const most = verify ? MOST_VERIFIED : MOST_LINES
    for await (const batch of readAhead(batchesOf(path, { most, fromLine, signal }))) {
      if (signal.aborted) break
      const results = await importBatch(ask, batch, { ...options, after: tally.lastLine })
      tally.lastLine = batch.lastLine
      for (const { outcome } of results)
        tally.counts.set(outcome, (tally.counts.get(outcome) ?? 0) + 1)
      show(shown, results, options)
      shown.progress.show({ share: bytes && batch.end / bytes, text: progressOf(tally) })
    }
  } catch (error) {
    shown.progress.clear()
    if (tally.counts.size > 0) shown.printer.end()
    throw error
  }
  shown.progress.clear()
  shown.printer.end()
  conclude(tally, signal.aborted)
}

/** Null for a stream. */
async function sizeOf(path: string): Promise<number | null> {
  const found = path === '-' ? null : await stat(path).catch(() => null)
  return found?.isFile() === true && found.size > 0 ? found.size : null
}

/** Reads the next batch while the daemon imports the last one. */
async function* readAhead(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  let next = batches.next()
  for (;;) {
    const { done, value } = await next
    if (done === true) return
    next = batches.next()
    // The error is thrown when the caller asks for this batch.
    next.catch(() => undefined)
    yield value
  }
}

/** Returns the results ordered by line. */
async function importBatch(
  ask: Ask,
  { lines, refused }: Batch,
  options: ImportOptions & { readonly after: number },
): Promise<readonly Imported[]> {
  if (lines.length === 0) return refused
  const { verify, events, after } = options
  const body = { items: lines.map(({ value }) => value), verify, events }
  const within = verify ? { withinMs: VERIFIED_WITHIN_MS } : {}
  try {
    const question = { method: 'POST', path: '/v1/connections/batch', body, ...within } as const
    const { items } = await ask<Answer>(question)
    const imported = items.map(({ index, ...item }) => ({ line: lines[index]?.line ?? 0, ...item }))
    return [...refused, ...imported].toSorted((one, other) => one.line - other.line)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const hint = `${error.hint}; then ${continueAt(after + 1)}`
    throw new Refusal(`${error.message}, after line ${after}`, hint, error.exitCode)
  }
}

function continueAt(line: number): string {
  return `continue with the same command and --from-line ${line}`
}

/**
 * The first signal ends the import after the running request, so that its results are printed. The
 * second one ends the process at once.
 */
function listenForInterruption(progress: Progress): Disposable & { readonly signal: AbortSignal } {
  const interruption = new AbortController()
  const stop = (): void => {
    progress.clear()
    if (!interruption.signal.aborted)
      tell('stops after the lines that are being imported; the next Ctrl-C stops at once')
    interruption.abort()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, stop)
  return {
    signal: interruption.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, stop)
      // Standard input that is still open would keep the process alive.
      interruption.abort()
    },
  }
}

function show(
  { printer, progress }: { readonly printer: Printer<Imported>; readonly progress: Progress },
  results: readonly Imported[],
  { problemsOnly }: ImportOptions,
): void {
  const wanted = problemsOnly ? results.filter(({ problem }) => problem !== null) : results
  if (wanted.length === 0) return
  progress.clear()
  printer.print(wanted)
}

function progressOf(tally: Tally): string {
  return `up to line ${tally.lastLine}: ${summary(tally)}`
}

function summary({ counts }: Tally): string {
  return Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(', ')
}

function conclude(tally: Tally, isInterrupted: boolean): void {
  const { counts, lastLine } = tally
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  tell(all === 0 ? '0 done' : `${all} done: ${summary(tally)}`)
  if (isInterrupted)
    throw new Refusal(`interrupted after line ${lastLine}`, continueAt(lastLine + 1))
  const refused = counts.get('refused') ?? 0
  if (refused === 0) return
  const hint = 'correct these lines and import the file again: the others change nothing'
  throw new Refusal(`${refused} of ${all} lines were refused`, hint)
}

function rowOf({ line, outcome, connectionId, status, problem }: Imported): Row {
  const { detail, reason, errors = [] } = problem ?? { detail: null }
  const fields = errors.map((error) => `${error.name} ${error.detail}`).join('; ')
  const said = [detail, reason && `(${reason})`, fields && `: ${fields}`].filter(Boolean).join(' ')
  return { line, outcome, connection: connectionId, status, problem: said.replace(' : ', ': ') }
}
