import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Empty if the run needs no PostgreSQL. */
    readonly postgresUrl: string
  }
}

/** Starts one PostgreSQL server for a run of the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  project.provide('postgresUrl', server.url)
  return async () => server[Symbol.asyncDispose]()
}
