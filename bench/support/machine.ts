import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import Database from 'better-sqlite3'
import sodium from 'libsodium-wrappers'
import { isPinned } from './cores.ts'

/** The machine, the commit and the versions. The figures depend on them. */
export async function machine(): Promise<readonly (readonly [name: string, value: string])[]> {
  await sodium.ready
  const { length } = cpus()
  const gib = (totalmem() / 2 ** 30).toFixed(0)
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  return [
    ['date', new Date().toISOString().slice(0, 16).replace('T', ' ')],
    ['commit', commit()],
    ['machine', `${length} × ${processor}, ${gib} GiB, ${type()} ${release()}`],
    ['cores', isPinned ? 'servers on core 0, load on core 1' : 'not pinned'],
    ['node', process.version],
    ['sqlite', sqliteVersion()],
    ['libsodium', sodium.SODIUM_VERSION_STRING],
  ]
}

function commit(): string {
  try {
    // The page that the benchmark writes is no change of the program.
    const isChanged = git('status', '--porcelain', '--', 'src', 'migrations', 'bench') !== ''
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ', with changes' : '')
  } catch {
    return 'not known'
  }
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

function sqliteVersion(): string {
  const raw = new Database(':memory:')
  try {
    return String(raw.prepare('select sqlite_version()').pluck().get())
  } finally {
    raw.close()
  }
}
