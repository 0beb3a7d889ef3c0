import { setImmediate as nextTurn } from 'node:timers/promises'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** The most writes in one transaction, because the event loop waits until the group ends. */
const MOST_IN_GROUP = 32

const SAVEPOINT = CompiledQuery.raw('savepoint one_write')
const RELEASE = CompiledQuery.raw('release one_write')
const ROLL_BACK = CompiledQuery.raw('rollback to one_write')

/** A write that waits for its group. */
type Member = {
  /** Runs the write and returns a function that passes the result to the caller. */
  readonly run: (trx: Transaction<Schema>) => Promise<Answer>
  readonly fail: (error: unknown) => void
}
type Answer = () => void

/**
 * Commits writes that wait at the same time in one transaction, because a commit with fsync costs
 * more than the statements of many writes. The writes of a group run one after the other, each in
 * its own savepoint. A write that throws is rolled back alone. Every caller gets its result after
 * the commit, because the result may depend on the other writes of the group. If the commit fails,
 * all writes of the group fail with its error.
 */
export class GroupCommit {
  readonly #db: Kysely<Schema>
  readonly #waiting: Member[] = []
  #running: Promise<void> | null = null

  constructor(db: Kysely<Schema>) {
    this.#db = db
  }

  /** Resolves when the result of `work` is committed. Writes run in the order of the calls. */
  write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = async (trx: Transaction<Schema>): Promise<Answer> => {
      const result = await work(trx)
      return () => resolve(result)
    }
    this.#waiting.push({ run, fail: reject })
    this.#running ??= this.#commitAll()
    return promise
  }

  /** Resolves when no write waits or runs. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Other callbacks of this turn may add writes to the group. Between two groups, readers and
      // sockets get their turn.
      await nextTurn()
      await this.#commit(this.#waiting.splice(0, MOST_IN_GROUP))
    }
    this.#running = null
  }

  async #commit(group: readonly Member[]): Promise<void> {
    try {
      const answers = await this.#db.transaction().execute((trx) => runAll(trx, group))
      for (const answer of answers) answer()
    } catch (error) {
      for (const { fail } of group) fail(error)
    }
  }
}

async function runAll(
  trx: Transaction<Schema>,
  group: readonly Member[],
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const member of group) answers.push(await runAlone(trx, member))
  return answers
}

/** Throws only if the database has ended the transaction. */
async function runAlone(trx: Transaction<Schema>, { run, fail }: Member): Promise<Answer> {
  await trx.executeQuery(SAVEPOINT)
  try {
    const answer = await run(trx)
    await trx.executeQuery(RELEASE)
    return answer
  } catch (error) {
    await rollBack(trx, error)
    return () => fail(error)
  }
}

/**
 * Undoes one write. After some failures, such as a full disk, SQLite has rolled back the whole
 * transaction. Then there is no savepoint, and the group fails with the first error.
 */
async function rollBack(trx: Transaction<Schema>, cause: unknown): Promise<void> {
  try {
    await trx.executeQuery(ROLL_BACK)
    await trx.executeQuery(RELEASE)
  } catch {
    throw cause
  }
}
