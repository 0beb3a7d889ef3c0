/** A line that a guarantee depends on, and how the mutation run breaks it. */
export type Mutation = {
  /** What a user or operator relies on, as a sentence without its full stop. */
  readonly guarantee: string
  readonly file: string
  /** Must occur in the file exactly once. */
  readonly original: string
  readonly mutant: string
  /** Each of these tests must fail. In a title, `%s` stands for a value from a table of cases. */
  readonly killedBy: readonly (readonly [file: string, test: string])[]
}
