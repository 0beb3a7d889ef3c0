import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What ends a process at a system call: which one, and the how-manieth from now on. */
export type Injection = { readonly syscall: string; readonly n: number }

export type Tracing = AsyncDisposable & {
  /** The system calls so far, with the paths of their files, oldest first. */
  calls(): Promise<readonly string[]>
}

/** Whether this machine lets a test trace what it has started. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
}

/**
 * Holds on to a running process, all of its threads, and ends it as it enters the given call. The call
 * itself is not carried out.
 */
export async function killAtSyscall(pid: number, { syscall, n }: Injection): Promise<Tracing> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-strace-'))
  const log = join(directory, 'log')
  const inject = `inject=${syscall}:signal=SIGKILL:when=${n}`
  const args = ['-f', '-y', '-s', '0', '-o', log, '-e', `trace=${syscall}`, '-e', inject]
  const child = spawn('strace', [...args, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await attached(child)
  return {
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function attached({ stderr }: ChildProcess): Promise<void> {
  let said = ''
  for await (const chunk of stderr ?? []) {
    said += String(chunk)
    if (said.includes(' attached')) return stderr?.resume() && undefined
  }
  throw new Error(`strace did not attach: ${said}`)
}
