import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A system call and which occurrence of it, counted from now, ends the process. */
export type Injection = { readonly syscall: string; readonly n: number }

export type Tracing = AsyncDisposable & {
  /** The system calls so far, with the paths of their files, oldest first. */
  readonly calls: () => Promise<readonly string[]>
}

/** Whether this machine lets a test trace its child processes. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
}

/** Kills a running process when it enters the given call. The call does not run. */
export function killAtSyscall(pid: number, { syscall, n }: Injection): Promise<Tracing> {
  return inject(pid, syscall, `signal=SIGKILL:when=${n}`)
}

/** Makes the given calls fail, from the n-th on, until the tracing ends. */
export function failSyscalls(
  pid: number,
  { syscall, n, error }: Injection & { readonly error: 'EIO' | 'ENOSPC' | 'EROFS' },
): Promise<Tracing> {
  return inject(pid, syscall, `error=${error}:when=${n}+`)
}

/** A process started with `through` is killed when it enters the given call. The call does not run. */
export async function startKilledAtSyscall({
  syscall,
  n,
}: Injection): Promise<Tracing & { readonly through: readonly string[] }> {
  const { log, ...tracing } = await openLog()
  const kill = `signal=SIGKILL:when=${n}`
  return {
    ...tracing,
    through: ['strace', '-D', ...argumentsFor(syscall, kill, log)],
  }
}

/** The last call of that name and its file: `pwrite64 larder.db-wal`. */
export function placeOf(calls: readonly string[], syscall: string): string {
  const last = calls.findLast((call) => call.includes(`${syscall}(`)) ?? ''
  const [, name = '', path = ''] = /(\w+)\(\d+<([^>]*)>/.exec(last) ?? []
  return `${name} ${path.startsWith('socket') ? 'socket' : (path.split('/').at(-1) ?? '')}`
}

/** Attaches to all threads of a running process. */
async function inject(pid: number, syscalls: string, what: string): Promise<Tracing> {
  const traced = await openLog()
  const { log, calls } = traced
  const args = [...argumentsFor(syscalls, what, log), '-p', String(pid)]
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  await attached(child)
  return {
    calls,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
      await traced[Symbol.asyncDispose]()
    },
  }
}

async function openLog(): Promise<Tracing & { readonly log: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-strace-'))
  const log = join(directory, 'log')
  return {
    log,
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

function argumentsFor(syscalls: string, what: string, log: string): readonly string[] {
  const traced = ['-e', `trace=${syscalls}`, '-e', `inject=${syscalls}:${what}`]
  return ['-f', '-y', '-s', '0', '-o', log, ...traced]
}

/** Reads on after the attachment, because strace ends if its standard error is not read. */
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
