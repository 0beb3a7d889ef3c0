type Cell = string | number | boolean | null | undefined | readonly string[]
export type Row = Readonly<Record<string, Cell>>

/** Prints data to standard output: a table for people, JSON for programs. */
export function printRows(rows: readonly Row[], columns: readonly string[]): void {
  const table = tablePrinter<Row>(columns, (row) => row)
  table.print(rows)
  table.end()
}

/** Prints a long list part by part. Call `end` after the last part. */
export type Printer<T> = {
  readonly print: (values: readonly T[]) => void
  readonly end: () => void
}

export function printerOf<T>(
  json: boolean,
  columns: readonly string[],
  rowOf: (value: T) => Row,
): Printer<T> {
  return json ? jsonPrinter() : tablePrinter(columns, rowOf)
}

/** Prints the same text as `printJson` of the whole list. */
function jsonPrinter<T>(): Printer<T> {
  let isEmpty = true
  return {
    print: (values) => {
      for (const value of values) {
        const text = JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')
        process.stdout.write(`${isEmpty ? '[' : ','}\n  ${text}`)
        isEmpty = false
      }
    },
    end: () => void process.stdout.write(isEmpty ? '[]\n' : '\n]\n'),
  }
}

/** A column is as wide as its longest cell so far. */
function tablePrinter<T>(columns: readonly string[], rowOf: (value: T) => Row): Printer<T> {
  const head = columns.map((column) => column.toUpperCase())
  const widths = head.map(({ length }) => length)
  let isEmpty = true
  const print = (values: readonly T[]): void => {
    const cells = values.map((value) => {
      const row = rowOf(value)
      return columns.map((column) => cellOf(row[column]))
    })
    for (const line of cells)
      for (const [at, cell] of line.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
    process.stdout.write(linesOf(isEmpty ? [head, ...cells] : cells, widths))
    isEmpty = false
  }
  return { print, end: () => isEmpty && print([]) }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints a message for people to standard error. */
export function tell(text: string): void {
  process.stderr.write(`larder: ${text}\n`)
}

function linesOf(lines: readonly (readonly string[])[], widths: readonly number[]): string {
  return lines
    .map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function cellOf(value: Cell): string {
  const text = [value ?? '-'].flat().join(' ')
  // Names of users and providers must not contain control characters for the operator's terminal.
  return text.replace(/[^\P{C}]/gu, '?') || '-'
}
