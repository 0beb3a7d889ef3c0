import { parameterTable, presetTable, type Table } from './preset-tables.ts'

/** Returns `docs/providers.md`, generated from the presets. */
export function providersPage(): string {
  return [HEAD, markdown(presetTable()), PARAMETERS, markdown(parameterTable())].join('\n')
}

const HEAD = `# Providers

Generated from the presets in \`src/oauth/presets/\` by \`npm run docs\`.

A preset needs only a client id and a client secret, unless [a parameter](#parameters) is required.
\`larder.yaml\` can override every field of a preset. A provider that is not in this list needs a data
file and no code: [adding a provider](adding-a-provider.md).

- **flows**: \`link\`: the user consents in the browser. \`credentials\`: the app or the user enters a
  password or an API key. \`machine\`: the client acts for itself.
- **rotation**: whether a refresh returns a new refresh token and ends the old one.
- **refresh-token life**: how long a refresh token is valid in total, and how long if it is not used.
- **verified on**: the day on which the sources were last read. An asterisk marks a value that
  is not in the vendor's documentation; each preset file lists these fields as \`unverified\`.
  \`unchecked\`: only the author has compared the preset with the vendor's pages.
`

const PARAMETERS = `## Parameters

Parameters that can name any host can be set only in the settings, because the person who sets them decides
which host receives the client secret. All others can also be sent with a link, an authorization or an
import, as \`params\`.
`

/** Formats a Markdown table without padding, so that a changed cell changes only one line. */
function markdown(table: Table): string {
  const [head = [], ...rows] = table.map((row) =>
    row.map((cell) => cell.replaceAll(/[|*_<>]/g, '\\$&')),
  )
  return [head, head.map(() => '---'), ...rows].map(markdownRow).join('')
}

function markdownRow(row: readonly string[]): string {
  return `| ${row.join(' | ')} |\n`
}
