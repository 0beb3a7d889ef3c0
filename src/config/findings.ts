/**
 * Collects problems and warnings, so that one start reports all. Pass names and constant sentences
 * only, because any value may be a misplaced secret.
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

  /** Adds problems that are complete lines. */
  add(problems: readonly string[]): void {
    this.#problems.push(...problems)
  }

  warning(name: string, detail: string): void {
    this.#warnings.push(`${name}: ${detail}`)
  }
}

/** All problems with the settings, one per line. Never contains a value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
