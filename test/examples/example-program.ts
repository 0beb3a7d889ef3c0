import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'
import { notRun } from '../crash/not-run.ts'

const run = promisify(execFile)

type Program = readonly [command: string, ...args: string[]]

/** Go compiles `net/http` the first time. */
export const COMPILES = { timeout: 180_000 }

/** The command that runs a file of `examples/`; skips the test if this machine cannot run it. */
export async function exampleProgram(context: TestContext, file: string): Promise<Program> {
  const path = `examples/${file}`
  switch (file.split('/')[0]) {
    case 'node':
      return [process.execPath, path]
    case 'python':
      await need(context, 'python3', '--version')
      return ['python3', '-B', path]
    case 'go':
      await need(context, 'go', 'version')
      return [await compiledGo(path)]
    case 'curl':
      for (const tool of ['curl', 'jq']) await need(context, tool, '--version')
      await need(context, 'openssl', 'version')
      return ['sh', path]
    default:
      throw new Error(`no rule to run ${file}`)
  }
}

async function need(context: TestContext, tool: string, flag: string): Promise<void> {
  await run(tool, [flag]).catch(() => notRun(context, `NOT CHECKED: ${tool} is not installed.`))
}

async function compiledGo(path: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'larder-example-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const binary = join(directory, 'example')
  await run('go', ['build', '-o', binary, path])
  return binary
}
