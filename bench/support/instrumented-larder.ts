import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { answerMessages } from './child.ts'
import { type Delays, startDelays } from './event-loop-delay.ts'
import { runProgram } from './run-program.ts'

/**
 * Runs the program named by the first word, with measuring in the same process. The program itself refuses options and
 * variables of Node that show its memory. Only who can run another file can profile it.
 */
export type Demand =
  | { readonly kind: 'start profile' }
  | { readonly kind: 'write profile'; readonly path: string }
  | { readonly kind: 'start delays' }
  | { readonly kind: 'take delays' }

/** The word before the program that starts the profile before the program is loaded. */
const FROM_START = 'profile-from-start'

const session = new Session()
let delays: (() => Delays) | null = null

answerMessages((demand: Demand) => answer(demand))
// The channel must not keep the process alive.
process.channel?.unref()
if (process.argv[2] === FROM_START) {
  process.argv.splice(2, 1)
  await startProfile()
}
await runProgram()

async function answer(demand: Demand): Promise<unknown> {
  switch (demand.kind) {
    case 'start profile':
      return startProfile()
    case 'write profile': {
      const { profile } = await session.post('Profiler.stop')
      writeFileSync(demand.path, JSON.stringify(profile))
      return null
    }
    case 'start delays': {
      delays = startDelays()
      return null
    }
    case 'take delays':
      return delays?.()
    default:
      return demand satisfies never
  }
}

async function startProfile(): Promise<void> {
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
}
