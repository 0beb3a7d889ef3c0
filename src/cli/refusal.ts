/** How a command ends. Documented in docs/running.md; supervisors act upon them. */
export const EXIT = {
  failed: 1,
  usage: 2,
  /** The daemon cannot be reached. */
  unavailable: 69,
  /** A fault of ours. */
  crashed: 70,
  /** The database cannot be opened or must not be. */
  database: 74,
  /** Settings or master key: a restart will not help. */
  settings: 78,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A command that cannot do what it was asked to; always says what to do instead. */
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
