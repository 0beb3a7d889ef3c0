import { readFile, writeFile } from 'node:fs/promises'
import { parameterTable, presetTable, type Table } from './oauth/preset-table.ts'

const PAGE = new URL('../docs/providers.md', import.meta.url)

/** `npm run providers`: prints the table; `-- --write` makes the page, `-- --check` holds it to it. */
async function main(): Promise<void> {
  process.stdout.write(rendered(presetTable(), '  '))
  if (process.argv.includes('--write')) await writeFile(PAGE, providersPage())
  if (!process.argv.includes('--check')) return
  if ((await readFile(PAGE, 'utf8')) === providersPage()) return
  process.stderr.write('larder: error: docs/providers.md is not what the presets say\n')
  process.stderr.write('larder: hint: make it with "npm run providers -- --write"\n')
  process.exitCode = 1
}

/** `docs/providers.md` as the presets say it. */
export function providersPage(): string {
  return [HEAD, markdown(presetTable()), PARAMETERS, markdown(parameterTable())].join('\n')
}

const HEAD = `# Providers

Made from the presets in \`src/oauth/presets/\` by \`npm run providers -- --write\`.

A preset needs a client id and a client secret and nothing else, unless [a parameter](#parameters) is
required; every field of it can be overridden in \`larder.yaml\`. What is not in the list takes a data
file and no code: [adding a provider](adding-a-provider.md).

- **flows**: \`link\`, the user consents in the browser; \`credentials\`, a password or an API key is
  handed in; \`machine\`, the client acts for itself.
- **rotation**: whether a refresh brings a new refresh token and ends the old one.
- **refresh-token life**: how long one is good in all, and how long unused.
- **verified on**: the day on which the sources were last read. An asterisk marks what was read in no
  documentation of the vendor; each preset file lists all such fields as \`unverified\`. \`unchecked\`:
  nobody but its author has compared the preset with the vendor's pages yet.
`

const PARAMETERS = `## Parameters

Those that can name any host are set in the settings alone: whoever sets one decides who is told the
client's secret. The others can also come with a link, an authorization or an import, as \`params\`.
`

/** A Markdown table without padding: a changed cell changes one line. */
function markdown(table: Table): string {
  const [head = [], ...rows] = table.map((row) =>
    row.map((cell) => cell.replaceAll(/[|*_<>]/g, '\\$&')),
  )
  return [head, head.map(() => '---'), ...rows].map(markdownRow).join('')
}

function markdownRow(row: readonly string[]): string {
  return `| ${row.join(' | ')} |\n`
}

function rendered(table: Table, separator: string): string {
  const widths = widthsOf(table)
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(separator)
  return table.map((row) => `${line(row).trimEnd()}\n`).join('')
}

function widthsOf(table: Table): readonly number[] {
  const [head = []] = table
  return head.map((_, column) => Math.max(3, ...table.map((row) => row[column]?.length ?? 0)))
}

if (import.meta.main) await main()
