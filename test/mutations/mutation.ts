/** A line that carries a promise, broken on purpose. */
export type Mutation = {
  /** What is promised, in the words of somebody who relies on it. */
  readonly promise: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly original: string
  readonly mutant: string
  /** Each of these must fail, by name: the title of a test, `%s` for what a table fills in. */
  readonly killedBy: readonly (readonly [file: string, test: string])[]
}
