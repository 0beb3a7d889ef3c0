/**
 * What is wrong with the settings, collected so that one start tells all of it. Names and constant
 * sentences only: whoever adds to it never hands in a value, since any value may be a misplaced secret.
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

  /** Lines that are made by the same rule elsewhere. */
  add(problems: readonly string[]): void {
    this.#problems.push(...problems)
  }

  warning(name: string, detail: string): void {
    this.#warnings.push(`${name}: ${detail}`)
  }
}
