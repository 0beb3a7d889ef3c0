import type { TestContext } from 'vitest'

/** Skips a test that this machine cannot run, and prints a notice on standard error. */
export function notRun(context: TestContext, reason: string): never {
  process.stderr.write(`\nNOT RUN: ${context.task.name}\n         ${reason}\n\n`)
  return context.skip(reason)
}
