import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ENGINES = ['docker', 'podman']
const LARGEST_OUTPUT = 64 * 1024 * 1024

/** The container engine that works on this machine; null if there is none. */
export async function findEngine(): Promise<string | null> {
  for (const candidate of ENGINES) {
    const answers = await run(candidate, ['info'], { timeout: 20_000 }).then(
      () => true,
      () => false,
    )
    if (answers) return candidate
  }
  return null
}

export type Ended = { readonly code: number; readonly output: string }

/** Runs an engine command. `output` is the output of the engine and the container. */
export async function engine(words: readonly string[]): Promise<Ended> {
  const command = await findEngine()
  if (command === null) throw new Error('no container engine answers')
  try {
    const { stdout, stderr } = await run(command, [...words], { maxBuffer: LARGEST_OUTPUT })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const failed = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof failed.code !== 'number') throw error
    return { code: failed.code, output: `${failed.stdout ?? ''}${failed.stderr ?? ''}` }
  }
}

/** Like `engine`, but throws if the command fails. */
export async function must(...words: readonly string[]): Promise<string> {
  const { code, output } = await engine(words)
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${output.slice(-4000)}`)
  return output.trim()
}
