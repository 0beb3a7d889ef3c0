import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { spawnOnto } from '../cli/larder.ts'
import { tempDir } from '../config/temp-dir.ts'
import { makeInstallation } from '../support/larder-process.ts'
import { until } from '../support/until.ts'

const { O_NONBLOCK, O_RDWR, O_WRONLY } = constants

function opened(path: string, flags: number): number {
  const fd = openSync(path, flags)
  onTestFinished(() => closeSync(fd))
  return fd
}

function fifo(): string {
  const path = join(tempDir(), 'out')
  execFileSync('mkfifo', [path])
  return path
}

/** The writing end of a pipe whose reader has gone. */
function withoutReader(): number {
  const path = fifo()
  const reader = openSync(path, O_RDWR | O_NONBLOCK)
  const writer = opened(path, O_WRONLY)
  closeSync(reader)
  return writer
}

/** The writing end of a full pipe whose reader takes nothing. */
function withStalledReader(): number {
  const path = fifo()
  const both = opened(path, O_RDWR | O_NONBLOCK)
  try {
    for (;;) writeSync(both, Buffer.alloc(4096))
  } catch {
    return opened(path, O_WRONLY)
  }
}

const OUTPUTS: readonly (readonly [string, () => number])[] = [
  ['reader is gone', withoutReader],
  ['reader takes nothing', withStalledReader],
  ['disk is full', () => opened('/dev/full', O_WRONLY)],
]

describe.each(OUTPUTS)('with standard output whose %s', (_what, output) => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'the daemon starts even if nothing can be written to standard output, and exits 0 on %s',
    async (signal) => {
      const at = await makeInstallation({ configuration: '' })
      onTestFinished(() => at[Symbol.asyncDispose]())
      const running = spawnOnto(output(), ['serve'], { ...at.environment })
      onTestFinished(() => running.kill('SIGKILL'))
      const isReady = async () =>
        (await fetch(`${at.privateUrl}/readyz`).catch(() => null))?.ok === true
      await until('it is ready', isReady)
      running.kill(signal)
      expect(await running.ended).toEqual([0, null])
    },
  )

  test('a refused start exits with its usual code even if nothing can be written to standard output', async () => {
    const at = await makeInstallation({ configuration: '' })
    onTestFinished(() => at[Symbol.asyncDispose]())
    const LARDER_VAULT_ID = '0'.repeat(32)
    const running = spawnOnto(output(), ['serve'], { ...at.environment, LARDER_VAULT_ID })
    onTestFinished(() => running.kill('SIGKILL'))
    expect(await running.ended).toEqual([78, null])
  })
})
