import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { notRun } from '../crash/not-run.ts'
import { enlarge } from '../support/large-vault.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
/** The `node` and `npm` of this process, before others of the machine. */
const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|E40[34]|network/

let directory: string
let installed: string
let larder: string
/** Why the package could not be installed; null if it is installed. */
let missing: string | null = null

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'larder-package-'))
  await run('npm', ['pack', '--pack-destination', directory], { env: { ...process.env, PATH } })
  const [archive = ''] = await readdir(directory)
  missing = await install(join(directory, archive))
  installed = join(directory, 'lib/node_modules/larder')
  larder = join(directory, 'bin/larder')
}, 180_000)

afterAll(() => rm(directory, { recursive: true, force: true }))

beforeEach((context) => {
  if (missing !== null) notRun(context, `npm cannot install better-sqlite3: ${missing}`)
})

async function install(archive: string): Promise<string | null> {
  const words = ['install', '--global', '--prefix', directory, '--prefer-offline', archive]
  try {
    await run('npm', words, { env: { ...process.env, PATH } })
    return null
  } catch (error) {
    const { stderr } = error as { readonly stderr: string }
    const reason = UNREACHABLE.exec(stderr)?.[0]
    if (reason === undefined) throw error
    return reason
  }
}

test('the npm package contains the built program with its notices, and no sources', async () => {
  expect(existsSync(join(installed, 'src'))).toBe(false)
  expect((await readdir(join(installed, 'node_modules'))).toSorted()).toEqual(
    expect.arrayContaining(['better-sqlite3']),
  )
  expect(await readdir(join(installed, 'node_modules'))).not.toContain('koa')
  const notices = await readFile(join(installed, 'dist/THIRD-PARTY-LICENSES'), 'utf8')
  for (const name of ['koa', 'kysely', 'libsodium-wrappers', 'oauth4webapi', 'yaml', 'zod']) {
    expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
  }
})

test('larder, installed from the npm package, prints its version', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  const { stdout } = await run(larder, ['--version'], { env: { PATH } })
  expect(stdout.trim()).toBe(version)
})

test('larder, installed from the npm package, serves, passes its health check and exits 0 on SIGTERM', async () => {
  await using at = await makeInstallation({ configuration: '' })
  await using daemon = await startLarderProcess({ ...at, program: [process.execPath, larder] })
  const { stdout } = await run(larder, ['healthcheck'], { env: at.environment })
  expect(stdout).toBe('ready\n')
  daemon.kill('SIGTERM')
  expect(await daemon.ended).toBe(0)
})

test('larder, installed from the npm package, checks a large vault that another program changed', async () => {
  await using at = await makeInstallation({ configuration: '' })
  const program = [process.execPath, larder]
  await using first = await startLarderProcess({ ...at, program })
  await first[Symbol.asyncDispose]()
  enlarge(at.dataDir)
  await using second = await startLarderProcess({ ...at, program })
  await until('check', async () => (await second.output()).includes('"event":"store.checked"'))
})

/** A fault in code of Larder itself, because the program has no test hooks. */
const FAULT = `
  import { Server } from 'node:net'
  Server.prototype.listen = () => { throw new RangeError('listen') }
`

test('the log of larder, installed from the npm package, names the places of a fault in the sources', async () => {
  const preload = `--import=data:text/javascript,${encodeURIComponent(FAULT)}`
  await using at = await makeInstallation({
    configuration: '',
    environment: { NODE_OPTIONS: preload },
  })
  const program = [process.execPath, larder]
  const failed = await startLarderProcess({ ...at, program }).catch(String)
  expect(failed).toMatch(/"at":\["src\/http\/listen\.ts:\d+:\d+"/)
})

test('larder, installed from the npm package, says under an older Node that Node 24 is needed', async () => {
  const old = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } })`
  const preload = `--import=data:text/javascript,${encodeURIComponent(old)}`
  const failed = await run(process.execPath, [preload, larder, 'serve']).catch((error) => error)
  expect(failed).toMatchObject({ code: 78, stdout: '' })
  expect(failed).toHaveProperty('stderr', expect.stringContaining('Node 24 or later is needed'))
})
