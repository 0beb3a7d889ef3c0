import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { mutations, occurrences } from './mutations.ts'
import type { Mutation } from './mutation.ts'

// `npm run test:mutations` breaks one line after the other in a copy of the project, and runs the tests
// that must fail. Words as arguments select mutations by guarantee or file. Exits with 1 if a mutant
// survives, or if the list no longer fits the code.

const ROOT = join(import.meta.dirname, '../..')
const LEFT_OUT = ['node_modules', '.git', 'data']
const LONGEST_MS = 180_000

type Titled = { readonly fullName: string; readonly status: string }

const words = process.argv.slice(2)
const chosen = mutations.filter(
  ({ guarantee, file }) =>
    words.length === 0 || words.some((word) => `${guarantee} ${file}`.includes(word)),
)
const copy = await mkdtemp(join(tmpdir(), 'larder-mutations-'))
try {
  await cp(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const unsound = await unsoundTests(chosen)
  const living = unsound.length > 0 ? [] : await livingMutants(chosen)
  for (const problem of [...unsound, ...living]) say(`! ${problem}`)
  say(`${chosen.length - living.length} of ${chosen.length} mutants killed`)
  process.exitCode = unsound.length + living.length === 0 ? 0 : 1
} finally {
  await rm(copy, { recursive: true, force: true })
}

/** A named test that does not exist, or that fails without a mutant, proves nothing. */
async function unsoundTests(list: readonly Mutation[]): Promise<readonly string[]> {
  const named = Map.groupBy(
    list.flatMap(({ killedBy }) => killedBy),
    ([file]) => file,
  )
  const problems: string[] = []
  for (const [file, entries] of named) {
    const titles = [...new Set(entries.map(([, title]) => title))]
    const results = await run(file, titles)
    for (const title of titles) {
      const found = results.filter(({ fullName }) => matches(title, fullName))
      if (found.length === 0) problems.push(`${file} has no test "${title}"`)
      if (found.some(({ status }) => status !== 'passed')) {
        problems.push(`${file}: "${title}" fails without a mutant`)
      }
    }
  }
  return problems
}

async function livingMutants(list: readonly Mutation[]): Promise<readonly string[]> {
  const living: string[] = []
  for (const mutation of list) {
    const { guarantee, file, mutant, original } = mutation
    const path = join(copy, file)
    const text = await readFile(path, 'utf8')
    if (occurrences(text, mutation) !== 1) {
      living.push(`${file} does not contain the line exactly once: ${guarantee}`)
      continue
    }
    await writeFile(
      path,
      text.replace(original, () => mutant),
    )
    const blind = await blindTests(mutation)
    await writeFile(path, text)
    say(`${blind.length === 0 ? 'killed  ' : 'SURVIVED'}  ${file}: ${guarantee}`)
    living.push(...blind.map((test) => `${guarantee}: the mutant survived ${test}`))
  }
  return living
}

/** The tests of a mutation that did not fail. */
async function blindTests({ killedBy }: Mutation): Promise<readonly string[]> {
  const blind: string[] = []
  for (const [file, title] of killedBy) {
    const results = await run(file, [title])
    const hasFailed = results.some(
      ({ fullName, status }) => status === 'failed' && matches(title, fullName),
    )
    if (!hasFailed) blind.push(`${file}: "${title}"`)
  }
  return blind
}

async function run(file: string, titles: readonly string[]): Promise<readonly Titled[]> {
  const report = join(copy, 'mutation-report.json')
  await rm(report, { force: true })
  const pattern = titles.map((title) => patternOf(title)).join('|')
  const args = ['run', file, '-t', pattern, '--reporter=json', `--outputFile=${report}`]
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, ...args], { cwd: copy, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
  await once(child, 'exit')
  clearTimeout(timer)
  const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}')
  const { testResults } = JSON.parse(text) as { testResults: { assertionResults: Titled[] }[] }
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

function matches(title: string, fullName: string): boolean {
  return new RegExp(`${patternOf(title)}$`, 's').test(fullName)
}

/** `%s` stands for a value from a table of cases. */
function patternOf(title: string): string {
  return title
    .split('%s')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
