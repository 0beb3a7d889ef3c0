import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type PostgresServer, queryPostgres, startPostgres } from '../support/postgres.ts'

/**
 * Starts a server for the tests of a file, with fsync, because a daemon refuses one without. Each
 * test gets an empty database.
 */
export function useDurableServer() {
  let server: PostgresServer
  let databases = 0
  beforeAll(async () => {
    server = await startPostgres({ fsync: true })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const createDatabase = async (): Promise<string> => {
    databases += 1
    await queryPostgres(server.url, `create database test_${databases}`)
    return server.urlOf(`test_${databases}`)
  }
  let url: string
  beforeEach(async () => {
    url = await createDatabase()
  })
  return {
    /** The URL of the test's database. */
    get url() {
      return url
    },
    createDatabase,
  }
}
