import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { larder, spawnLarder } from '../cli/larder.ts'
import { put, tempDir } from '../config/temp-dir.ts'
import {
  type Installation,
  makeInstallation,
  startLarderProcess,
} from '../support/larder-process.ts'
import { listen } from '../support/listen.ts'
import { until } from '../support/until.ts'

async function installation(environment: Record<string, string> = {}): Promise<Installation> {
  const at = await makeInstallation({ configuration: '', environment })
  onTestFinished(() => at[Symbol.asyncDispose]())
  return at
}

async function start(at: Installation) {
  const running = await startLarderProcess(at)
  onTestFinished(() => running[Symbol.asyncDispose]())
  return running
}

/** A module that Node preloads, because the program has no test hooks. */
function preloading(source: string): Record<string, string> {
  const url = `data:text/javascript,${encodeURIComponent(source)}`
  return { NODE_OPTIONS: `--import=${url}` }
}

/** Digest of the database file. The files beside it change even when SQLite only reads. */
function fingerprint(dataDir: string): string {
  return createHash('sha256')
    .update(readFileSync(join(dataDir, 'larder.db')))
    .digest('hex')
}

const OPEN_INSPECTOR = encodeURIComponent("import { open } from 'node:inspector'; open(0)")

describe('the end of the daemon', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'the daemon logs that it stops and exits 0 on %s',
    async (signal) => {
      const running = await start(await installation())
      running.kill(signal)
      expect(await running.ended).toBe(0)
      const lines = (await running.output()).trim().split('\n')
      expect(lines.slice(-2).map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { event: 'process.stopping', reason: signal },
        { event: 'process.stopped' },
      ])
    },
  )

  test('a busy daemon that is stopping ignores further SIGTERMs and exits on a further SIGINT', async () => {
    const at = await installation()
    const running = await start(at)
    const { hostname, port } = new URL(at.privateUrl)
    const asking = connect(Number(port), hostname)
    onTestFinished(() => void asking.destroy())
    asking.on('error', () => {})
    asking.write('POST /v1/connections HTTP/1.1\r\nHost: localhost\r\n')
    asking.write(`Authorization: Bearer ${at.apiKey}\r\nContent-Type: application/json\r\n`)
    asking.write('Content-Length: 100\r\n\r\n{')
    await until('the listener has it', async () => (await fetch(`${at.privateUrl}/livez`)).ok)
    const says = async (text: string) => (await running.output()).includes(text)
    for (let time = 0; time < 3; time++) {
      running.kill('SIGTERM')
      await until('it is stopping', () => says('process.stopping'))
      await until('it still runs', () => process.kill(running.pid, 0))
    }
    expect(await says('process.stopped')).toBe(false)
    let end: unknown = null
    void running.ended.then((how) => (end = how))
    // The kernel merges two signals that are pending at once.
    await until('SIGINT again and again ends it', () => {
      running.kill('SIGINT')
      return end
    })
    expect(await running.ended).toBe('SIGINT')
  })

  test.each([
    ['unhandledRejection', "Promise.reject(new RangeError('canary-71'))"],
    ['uncaughtException', "throw new RangeError('canary-71')"],
  ])('the daemon exits 70 on an %s and logs the error without its message', async (kind, fault) => {
    const at = await installation(preloading(`process.on('SIGUSR2', () => { ${fault} })`))
    const running = await start(at)
    running.kill('SIGUSR2')
    expect(await running.ended).toBe(70)
    const output = await running.output()
    expect(output).toContain(`"event":"process.crashed","kind":"${kind}"`)
    expect(output).toContain('"fault":{"name":"RangeError"')
    expect(output).toContain('"event":"process.stopped"')
    expect(output).not.toContain('canary-71')
  })
})

test.each([[['--disable-sigusr1']], [[]]])(
  'SIGUSR1 opens no Node inspector if Node was started with the flags %j',
  async (flags) => {
    const { environment: env, privateUrl } = await installation()
    const serving = spawnLarder(['serve'], { env, flags })
    const isReady = async () => (await larder(['healthcheck'], { env })).code === 0
    await until('it is ready', isReady)
    serving.kill('SIGUSR1')
    await until('it still answers', async () => (await fetch(`${privateUrl}/livez`)).ok)
    serving.kill('SIGTERM')
    const { code, stderr } = await serving.ended
    expect(stderr).not.toContain('Debugger listening')
    expect(code).toBe(0)
  },
)

describe('a start that is refused', () => {
  test('a start with wrong settings exits 78, names each on standard error and writes no file', async () => {
    const cwd = tempDir()
    const env = { LARDER_REFRESH_MARGN: 'canary', LARDER_LISTEN: 'canary' }
    expect(await larder(['serve'], { env, cwd })).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'larder: error: LARDER_LISTEN: must be host:port or unix:/path\n' +
        'larder: error: LARDER_REFRESH_MARGN: no such setting\n' +
        'larder: hint: docs/settings.md explains every setting\n',
    })
    expect(readdirSync(cwd)).toEqual([])
  })

  test.each([
    ['--inspect=127.0.0.1:0', 'NODE_OPTIONS: must not hold --inspect;'],
    [String.raw`"--ins\pect=127.0.0.1:0"`, 'NODE_OPTIONS: must not hold --inspect;'],
    ['--tls-keylog=keys.log', 'NODE_OPTIONS: must not hold --tls-keylog;'],
    ['--trace-tls', 'NODE_OPTIONS: must not hold --trace-tls;'],
    ['--report-on-signal', 'node: must not be run with diagnostic reports'],
    [`--import=data:text/javascript,${OPEN_INSPECTOR}`, 'node: must not be run with an inspector'],
  ])(
    'a start exits 78 if NODE_OPTIONS has %s, which exposes the memory or the traffic',
    async (options, expected) => {
      const at = await installation({ NODE_OPTIONS: options })
      const { code, stderr } = await larder(['serve'], { env: at.environment })
      expect(code).toBe(78)
      expect(stderr).toContain(expected)
    },
  )

  test('a start with another master key exits 78 and leaves the database unchanged', async () => {
    const at = await installation()
    const running = await start(at)
    running.kill('SIGTERM')
    await running.ended
    const before = fingerprint(at.dataDir)
    const LARDER_MASTER_KEY = randomBytes(32).toString('base64')
    const run = await larder(['serve'], { env: { ...at.environment, LARDER_MASTER_KEY } })
    expect(run.code).toBe(78)
    expect(run.stderr).toContain('larder: error: the master key does not open this vault')
    expect(fingerprint(at.dataDir)).toEqual(before)
  })

  test('a start exits 74 while another process holds the data directory', async () => {
    const at = await installation()
    await start(at)
    const free = { LARDER_LISTEN: '127.0.0.1:0', LARDER_PUBLIC_LISTEN: '127.0.0.1:0' }
    const run = await larder(['serve'], { env: { ...at.environment, ...free } })
    expect(run.code).toBe(74)
    expect(run.stderr).toContain('larder: error: another process holds this data directory')
    expect(run.stdout).toContain('"event":"process.refused"')
    expect(run.stdout).not.toContain('process.crashed')
  })

  test('a start exits 74 if larder.db is not a database, and leaves the file unchanged', async () => {
    const at = await installation({ LARDER_DATA_DIR: tempDir() })
    const dataDir = at.environment['LARDER_DATA_DIR'] ?? ''
    writeFileSync(join(dataDir, 'larder.db'), 'something else entirely')
    const before = fingerprint(dataDir)
    expect((await larder(['serve'], { env: at.environment })).code).toBe(74)
    expect(fingerprint(dataDir)).toEqual(before)
  })

  test('a start exits 74 if the path of the data directory leads through a file', async () => {
    const file = put(tempDir(), 'file', '')
    const at = await installation({ LARDER_DATA_DIR: join(file, 'data') })
    const run = await larder(['serve'], { env: at.environment })
    expect(run.code).toBe(74)
    expect(run.stderr).toContain('larder: error: the data directory cannot be used (ENOTDIR)')
  })

  test('a start exits 1 if the host to listen on does not exist', async () => {
    const at = await installation({ LARDER_LISTEN: 'no-such-host.invalid:0' })
    const run = await larder(['serve'], { env: at.environment })
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/larder: error: cannot listen \(E\w+\)/)
  })

  test('a start exits 78 if a file is at the path of its socket, and leaves the file unchanged', async () => {
    const path = put(tempDir(), 'larder.sock', 'kept')
    const at = await installation({ LARDER_LISTEN: `unix:${path}` })
    const run = await larder(['serve'], { env: at.environment })
    expect(run.code).toBe(78)
    expect(run.stderr).toContain(`larder: error: cannot listen: ${path} exists and is no socket`)
    expect(run.stdout).toContain('"event":"process.refused"')
    expect(readFileSync(path, 'utf8')).toBe('kept')
  })

  test('a start exits 1 if its port is taken', async () => {
    const { port, close } = await listen(createServer())
    onTestFinished(close)
    const at = await installation({ LARDER_LISTEN: `127.0.0.1:${port}` })
    const run = await larder(['serve'], { env: at.environment })
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('larder: error: cannot listen (EADDRINUSE)')
  })
})

test('a first start makes key files that the command line uses, and a later start without these files is refused', async () => {
  const cwd = tempDir()
  const env = {
    LARDER_LISTEN: `unix:${join(cwd, 'private.sock')}`,
    LARDER_PUBLIC_LISTEN: `unix:${join(cwd, 'public.sock')}`,
  }
  const serving = spawnLarder(['serve'], { env, cwd })
  const isReady = async () => (await larder(['healthcheck'], { env, cwd })).code === 0
  await until('it is ready', isReady)
  const listed = await larder(['connections', 'list', '--json'], { env, cwd })
  expect(listed).toMatchObject({ code: 0, stdout: '[]\n' })
  serving.kill('SIGTERM')
  const { code, stdout } = await serving.ended
  expect(code).toBe(0)
  for (const name of ['larder-master.key', 'larder-api.key']) {
    expect(stdout).toContain(join(cwd, name))
    expect(stdout).not.toContain(readFileSync(join(cwd, name), 'utf8').trim())
    rmSync(join(cwd, name))
  }
  const again = await larder(['serve'], { env, cwd })
  expect(again).toMatchObject({ code: 78, stdout: '' })
  expect(again.stderr).toContain('LARDER_MASTER_KEY: not set, but the data directory holds a vault')
})
