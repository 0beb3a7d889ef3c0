import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { larder } from '../cli/larder.ts'
import {
  type Installation,
  makeInstallation,
  startLarderProcess,
} from '../support/larder-process.ts'

async function installation(): Promise<Installation> {
  const at = await makeInstallation({ configuration: '' })
  onTestFinished(() => at[Symbol.asyncDispose]())
  return at
}

/** Starts and stops the daemon. Returns the vault id that it logged. */
async function runOnce(at: Installation): Promise<string> {
  const running = await startLarderProcess(at)
  running.kill('SIGTERM')
  expect(await running.ended).toBe(0)
  const lines = (await running.output())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const started = lines.findLast(({ event }) => event === 'process.started')
  const made = lines.find(({ event }) => event === 'vault.made')
  expect(started.vaultId).toBe(made.vaultId)
  return started.vaultId
}

const expecting = (at: Installation, LARDER_VAULT_ID: string): Installation => ({
  ...at,
  environment: { ...at.environment, LARDER_VAULT_ID },
})

const digest = (dataDir: string): string =>
  createHash('sha256')
    .update(readFileSync(join(dataDir, 'larder.db')))
    .digest('hex')

test('a start with the logged vault id in LARDER_VAULT_ID opens that vault', async () => {
  const at = await installation()
  const vaultId = await runOnce(at)
  expect(await runOnce(expecting(at, vaultId))).toBe(vaultId)
})

test('a start creates no vault in an empty or missing directory if LARDER_VAULT_ID is set', async () => {
  const at = await installation()
  const vaultId = await runOnce(at)
  // As when a volume is not mounted: first no directory, then an empty mount point.
  renameSync(at.dataDir, `${at.dataDir}-elsewhere`)
  const { environment: env } = expecting(at, vaultId)
  for (const prepare of [() => undefined, () => mkdirSync(at.dataDir)]) {
    prepare()
    const refused = await larder(['serve'], { env })
    expect(refused).toMatchObject({ code: 78, stdout: '' })
    expect(refused.stderr).toBe(
      'larder: error: LARDER_VAULT_ID: there is no vault in the data directory; is its volume mounted, and readable?\n' +
        'larder: hint: docs/settings.md explains every setting\n',
    )
  }
  expect(readdirSync(at.dataDir)).toEqual([])
})

test('a vault with another id than LARDER_VAULT_ID is refused and not changed, with the right or a wrong master key', async () => {
  const at = await installation()
  await runOnce(at)
  const { environment } = expecting(at, '0123456789abcdef0123456789abcdef')
  const before = digest(at.dataDir)
  const another = { LARDER_MASTER_KEY: randomBytes(32).toString('base64') }
  for (const env of [environment, { ...environment, ...another }]) {
    const refused = await larder(['serve'], { env })
    expect(refused.code).toBe(78)
    expect(refused.stderr).toContain(
      'larder: error: LARDER_VAULT_ID: the database holds another vault or none\n',
    )
    expect(refused.stderr).not.toContain('0123456789abcdef')
  }
  expect(digest(at.dataDir)).toBe(before)
  expect(existsSync(join(at.dataDir, 'larder.journal'))).toBe(true)
})
