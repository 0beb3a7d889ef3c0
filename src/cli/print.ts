type Cell = string | number | boolean | null | undefined | readonly string[]
export type Row = Readonly<Record<string, Cell>>

/** Prints data to standard output: a table for people, JSON for programs. */
export function printRows(rows: readonly Row[], columns: readonly string[]): void {
  process.stdout.write(tableOf(rows, columns))
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

function tableOf(rows: readonly Row[], columns: readonly string[]): string {
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])))
  const lines = [columns.map((column) => column.toUpperCase()), ...cells]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)))
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
