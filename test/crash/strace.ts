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

/** Ends a running process as it enters the given call, which is not carried out. */
export function killAtSyscall(pid: number, { syscall, n }: Injection): Promise<Tracing> {
  return inject(pid, syscall, `signal=SIGKILL:when=${n}`)
}

/** From the n-th on the given calls fail, until the tracing ends. */
export function failSyscalls(
  pid: number,
  { syscall, n, error }: Injection & { readonly error: 'EIO' | 'ENOSPC' },
): Promise<Tracing> {
  return inject(pid, syscall, `error=${error}:when=${n}+`)
}

/** Holds on to a running process, all of its threads. */
async function inject(pid: number, syscalls: string, what: string): Promise<Tracing> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-strace-'))
  const log = join(directory, 'log')
  const args = ['-f', '-y', '-s', '0', '-o', log, '-e', `trace=${syscalls}`]
  args.push('-e', `inject=${syscalls}:${what}`)
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

/** It goes on being read: a tracer whose words nobody hears ends. */
function attached(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said += String(chunk)
      if (said.includes(' attached')) resolve()
    })
    child.once('exit', () => reject(new Error(`strace did not attach: ${said}`)))
  })
}
