/** Exit codes, documented in docs/running.md for supervisors. */
export const EXIT = {
  failed: 1,
  usage: 2,
  /** The daemon cannot be reached. */
  unavailable: 69,
  /** A bug in Larder. */
  crashed: 70,
  /** The database cannot be opened, or must not be opened. */
  database: 74,
  /** Settings or master key are wrong. A restart does not help. */
  settings: 78,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Thrown if a command fails for a known reason. Always has a hint. */
export class Refusal extends Error {
  readonly hint: string
  readonly exitCode: ExitCode

  constructor(message: string, hint: string, exitCode: ExitCode = EXIT.failed) {
    super(message)
    this.name = 'Refusal'
    this.hint = hint
    this.exitCode = exitCode
  }
}
