import { clearLine, cursorTo } from 'node:readline'
import { tell } from './print.ts'

export type ProgressState = {
  /** From 0 to 1. Null if the total is not known. */
  readonly share: number | null
  readonly text: string
}

const BAR_CELLS = 24
/** The shortest time between two lines if standard error is no terminal. */
const LINE_EVERY_MS = 1_000

/**
 * Shows how far a command is, on standard error. A terminal gets one line with a bar, which each
 * call replaces. Anything else gets at most one line in a second.
 */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY
  readonly #startedAt = performance.now()
  #toldAt = performance.now()
  #isDrawn = false

  show(state: ProgressState): void {
    const now = performance.now()
    if (this.#isTerminal) return this.#draw(state, now - this.#startedAt)
    if (now - this.#toldAt < LINE_EVERY_MS) return
    this.#toldAt = now
    tell(state.text)
  }

  /** Removes the bar. Call before other output, which may go to the same terminal. */
  clear(): void {
    if (!this.#isDrawn) return
    cursorTo(process.stderr, 0)
    clearLine(process.stderr, 0)
    this.#isDrawn = false
  }

  #draw({ share, text }: ProgressState, elapsedMs: number): void {
    this.clear()
    const line = share === null ? text : `${bar(share)}${timeLeft(share, elapsedMs)}  ${text}`
    process.stderr.write(`larder: ${line}`.slice(0, (process.stderr.columns || 80) - 1))
    this.#isDrawn = true
  }
}

function bar(share: number): string {
  const filled = Math.round(share * BAR_CELLS)
  const percent = String(Math.floor(share * 100)).padStart(3)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${percent} %`
}

function timeLeft(share: number, elapsedMs: number): string {
  if (share <= 0 || share >= 1) return ''
  const seconds = Math.ceil((elapsedMs / 1000) * (1 / share - 1))
  return seconds < 120 ? `, ${seconds} s left` : `, ${Math.ceil(seconds / 60)} min left`
}
