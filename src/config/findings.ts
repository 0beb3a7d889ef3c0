/**
 * Collects problems and warnings, so that one start reports all. It takes names and constant
 * sentences only, because any value may be a misplaced secret.
 */
export class Findings {
  readonly #problems: string[] = []
  readonly #warnings: string[] = []

  get problems(): readonly string[] {
    return this.#problems
  }

  get warnings(): readonly string[] {
    return this.#warnings
  }

  problem(name: string, detail: string): void {
    this.#problems.push(`${name}: ${detail}`)
  }

  /** Adds complete lines. */
  add(problems: readonly string[]): void {
    this.#problems.push(...problems)
  }

  warning(name: string, detail: string): void {
    this.#warnings.push(`${name}: ${detail}`)
  }
}

/** Everything that is wrong with the settings, one line each; never a value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
