import type { Mutation } from '../test/mutations/mutation.ts'
import { mutationGroups } from '../test/mutations/mutations.ts'

/** Returns `docs/mutations.md`, generated from the list in `test/mutations/`. */
export function mutationsPage(): string {
  const groups = Object.entries(mutationGroups).map(
    ([heading, mutations]) => `## ${heading}\n\n${mutations.map(entry).join('\n')}`,
  )
  return [HEAD, ...groups].join('\n')
}

const HEAD = `# Lines that guarantees depend on

Generated from the list in \`test/mutations/\` by \`npm run docs\`.

Some guarantees depend on one line: a condition, a pragma, a comparison. The tests protect such a
guarantee only if one of them fails when the line is broken. The list names each of these lines, a
broken form of it (the mutant), and the tests that must fail. \`…\` in a title stands for a value from
a table of cases.

\`\`\`
npm run test:mutations
npm run test:mutations -- generation lease
\`\`\`

The command copies the project into a temporary directory and checks that the named tests pass there.
Then it breaks one line after the other and runs the tests of that line. Words after \`--\` select
mutations by guarantee or file. The command fails if

- a named test passes although its line is broken,
- a named test does not exist, or fails although nothing is broken, or
- a line does not occur in its file exactly once.

\`npm test\` breaks nothing. It checks that each line occurs in its file once, that the test files exist,
and that this page is up to date.
`

function entry({ guarantee, file, killedBy }: Mutation): string {
  const tests = killedBy.map(([test, title]) => `- \`${test}\`: ${title.replaceAll('%s', '…')}\n`)
  return `### ${guarantee}\n\nThe line is in \`${file}\`.\n\n${tests.join('')}`
}
