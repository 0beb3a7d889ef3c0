import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { privateEndpoints } from '../../src/http/private/private-endpoints.ts'
import { notRun } from '../crash/not-run.ts'
import { document } from '../http/support/conform.ts'
import { openClientStage } from './client-stage.ts'

const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const MODULES = here('../../node_modules')

/** Time for a generator, a compiler or pip, and a daemon. */
const WITHIN_MS = 180_000

/** Makes a directory with the OpenAPI document in it. */
function workplace(): string {
  const directory = mkdtempSync(join(tmpdir(), 'larder-client-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'openapi.json'), JSON.stringify(document))
  return directory
}

test(
  'openapi-typescript generates types without a warning, and an app with them calls every endpoint',
  async () => {
    const cwd = workplace()
    const generator = here('./typescript/node_modules/openapi-typescript/bin/cli.js')
    const made = await run(process.execPath, [generator, 'openapi.json', '-o', 'schema.d.ts'], {
      cwd,
    })
    expect(made.stdout + made.stderr).not.toMatch(/warn|error/i)

    cpSync(here('./typescript/call-every-operation.ts'), join(cwd, 'call-every-operation.ts'))
    cpSync(here('../../tsconfig.json'), join(cwd, 'base.json'))
    symlinkSync(MODULES, join(cwd, 'node_modules'))
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ type: 'module' }))
    const files = ['call-every-operation.ts']
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ extends: './base.json', files }))
    const tsc = join(MODULES, 'typescript', 'bin', 'tsc')
    const checked = await run(process.execPath, [tsc, '-p', '.'], { cwd }).catch(
      (failed: { stdout: string }) => failed,
    )
    expect(checked.stdout).toBe('')

    await using stage = await openClientStage('typescript')
    const env = { ...process.env, MATERIAL: JSON.stringify(stage.material) }
    const { stdout } = await run(process.execPath, files, { cwd, env })
    const called = (JSON.parse(stdout) as string[]).map((line) => line.replace(/ 2\d\d$/, ''))
    const expected = privateEndpoints.map(({ method, path }) => `${method} ${path}`)
    expect(called.toSorted()).toEqual(expected.toSorted())
  },
  WITHIN_MS,
)

test(
  'openapi-python-client generates a client without a warning, and it calls every endpoint',
  async (context) => {
    const cwd = workplace()
    const bin = await pythonWith(cwd, here('./python/requirements.txt')).catch((error: unknown) =>
      notRun(
        context,
        `NOT CHECKED: Python 3.11 with venv, or PyPI, cannot be had. ${lastLine(error)}`,
      ),
    )
    const path = `${bin}${delimiter}${process.env['PATH']}`
    const generate = ['generate', '--path', 'openapi.json', '--output-path', 'larder']
    const options = ['--meta', 'none', '--fail-on-warning']
    const made = await run(join(bin, 'openapi-python-client'), [...generate, ...options], {
      cwd,
      env: { ...process.env, PATH: path },
    })
    expect(made.stdout + made.stderr).not.toMatch(/warn|error|unable|not be generated/i)

    await using stage = await openClientStage('python')
    const env = { ...process.env, MATERIAL: JSON.stringify(stage.material), PYTHONPATH: cwd }
    const script = here('./python/call_every_operation.py')
    const { stdout } = await run(join(bin, 'python'), ['-B', script], { cwd, env })
    const expected = privateEndpoints.map(({ id }) => snakeCase(id))
    expect((JSON.parse(stdout) as string[]).toSorted()).toEqual(expected.toSorted())
  },
  WITHIN_MS,
)

/** Makes a virtual environment. Returns its `bin`. */
async function pythonWith(directory: string, requirements: string): Promise<string> {
  const bin = join(directory, 'venv', 'bin')
  await run('python3', ['-c', 'import sys; assert sys.version_info >= (3, 11)'])
  await run('python3', ['-m', 'venv', join(directory, 'venv')])
  const quietly = ['--quiet', '--disable-pip-version-check', '--retries', '1']
  await run(join(bin, 'pip'), ['install', ...quietly, '-r', requirements])
  return bin
}

function lastLine(error: unknown): string {
  return (
    String(error instanceof Error ? error.message : error)
      .trim()
      .split('\n')
      .at(-1) ?? ''
  )
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
