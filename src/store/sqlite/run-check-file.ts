import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from './examine-file.ts'

const HERE = fileURLToPath(import.meta.url)
/** Beside this file, in `src` and, once built, in `dist`. */
const PROGRAM = join(dirname(HERE), `check-file${extname(HERE)}`)

/**
 * Runs the program in a process. Rejects if the process does not end by itself with a finding, for
 * example because the system killed it. The process gets no environment, so it gets no secret.
 */
export async function runCheckFile(
  task: 'check' | 'rebuild',
  path: string,
  ending: AbortSignal,
): Promise<Finding> {
  const { execFile } = await import('node:child_process')
  const args = ['--disable-sigusr1', PROGRAM, task, path]
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { env: {} }, (error, output) => {
      ending.removeEventListener('abort', kill)
      if (error === null && isFinding(output)) resolve(output)
      else reject(error ?? new Error('the check printed no finding'))
    })
    const kill = (): void => void child.kill('SIGKILL')
    ending.addEventListener('abort', kill)
    if (ending.aborted) kill()
  })
}

function isFinding(text: string): text is Finding {
  return ['whole', 'indexes', 'damaged'].includes(text)
}
