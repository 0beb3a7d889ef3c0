import { setImmediate as nextTurn } from 'node:timers/promises'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import type { Writes } from '../ports/store.ts'
import type { Schema } from './schema.ts'

/**
 * How many writes run in one turn of the event loop. In between, answers of providers reach the
 * journal and readers are served.
 */
const WRITES_PER_TURN = 4

/**
 * How many callers continue in one turn after a commit. Each sends a request to its provider or
 * answers its own caller.
 */
const ANSWERS_PER_TURN = 4

export type GroupLimits = {
  /** How many transactions run at the same time, each on its own connection. */
  readonly atOnce: number
  /** The most writes in one transaction, because other users of the database connection wait. */
  readonly most: number
  /**
   * A group waits for this many turns of the event loop. The callers of the last group write again
   * within a few turns, and one commit for all of them costs less.
   */
  readonly turnsBefore: number
}
const ONE_CONNECTION: GroupLimits = { atOnce: 1, most: 64, turnsBefore: 6 }

const SAVEPOINT = CompiledQuery.raw('savepoint one_write')
const RELEASE = CompiledQuery.raw('release one_write')
const ROLL_BACK = CompiledQuery.raw('rollback to one_write')

export type Session = {
  /** Makes the functions that the writes of a group use. */
  readonly writesOf: (db: Transaction<Schema>) => Writes
  /** Called before each write of the group. */
  readonly beforeWrite: () => void
  /** Called if the last write is rolled back. */
  readonly undo: () => void
  /** Called once, in the transaction. */
  readonly beforeCommit: (db: Transaction<Schema>) => Promise<void>
  /** Called after the commit or the rollback. */
  readonly end: () => void
}

/** A write that waits for its group. */
type Member = {
  /** Runs the write and returns a function that passes the result to the caller. */
  readonly run: (trx: Writes) => Promise<Answer>
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
  readonly #open: () => Session
  readonly #waiting: Member[] = []
  readonly #limits: GroupLimits
  /** How many runs still look for waiting writes. */
  #running = 0
  readonly #runs = new Set<Promise<void>>()

  /** `open` is called once for each group. */
  constructor(db: Kysely<Schema>, open: () => Session, limits: GroupLimits = ONE_CONNECTION) {
    this.#db = db
    this.#open = open
    this.#limits = limits
  }

  /**
   * Resolves when the result of `work` is committed. With one connection, writes run in the order
   * of the calls.
   */
  write<T>(work: (trx: Writes) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = async (trx: Writes): Promise<Answer> => {
      const result = await work(trx)
      return () => resolve(result)
    }
    this.#waiting.push({ run, fail: reject })
    if (this.#running < this.#limits.atOnce) this.#start()
    return promise
  }

  #start(): void {
    this.#running++
    const run = this.#commitAll().finally(() => this.#runs.delete(run))
    this.#runs.add(run)
  }

  /** Resolves when no write waits or runs. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all(this.#runs)
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Between two groups, readers and sockets get their turn, and more writes join the group.
      for (let turn = 0; turn < this.#limits.turnsBefore; turn++) await nextTurn()
      const group = this.#waiting.splice(0, this.#limits.most)
      // Another transaction may have taken all of them.
      if (group.length > 0) await this.#commit(group)
    }
    // In the turn of the last look, so that a write after it starts another run.
    this.#running--
  }

  async #commit(group: readonly Member[]): Promise<void> {
    try {
      await answerAll(await this.#inOneTransaction(group))
    } catch (error) {
      for (const { fail } of group) fail(error)
    }
  }

  async #inOneTransaction(group: readonly Member[]): Promise<readonly Answer[]> {
    const session = this.#open()
    try {
      return await this.#db.transaction().execute(async (db) => {
        const answers = await runAll(db, session, group)
        await session.beforeCommit(db)
        return answers
      })
    } finally {
      session.end()
    }
  }
}

/** Ends the turn after some answers, because each caller continues in the turn of its answer. */
async function answerAll(answers: readonly Answer[]): Promise<void> {
  for (const [n, answer] of answers.entries()) {
    if (n > 0 && n % ANSWERS_PER_TURN === 0) await nextTurn()
    answer()
  }
}

async function runAll(
  db: Transaction<Schema>,
  session: Session,
  group: readonly Member[],
): Promise<readonly Answer[]> {
  const trx = session.writesOf(db)
  const answers: Answer[] = []
  for (const member of group) {
    session.beforeWrite()
    answers.push(await runAlone(db, trx, { ...member, undo: session.undo }))
    if (answers.length % WRITES_PER_TURN === 0) await nextTurn()
  }
  return answers
}

/** Throws only if the database has ended the transaction. */
async function runAlone(
  db: Transaction<Schema>,
  trx: Writes,
  { run, fail, undo }: Member & Pick<Session, 'undo'>,
): Promise<Answer> {
  await db.executeQuery(SAVEPOINT)
  try {
    const answer = await run(trx)
    await db.executeQuery(RELEASE)
    return answer
  } catch (error) {
    await rollBack(db, error)
    undo()
    return () => fail(error)
  }
}

/**
 * Undoes one write. After some failures, such as a full disk, SQLite has rolled back the whole
 * transaction. Then there is no savepoint, and the group fails with the first error.
 */
async function rollBack(db: Transaction<Schema>, cause: unknown): Promise<void> {
  try {
    await db.executeQuery(ROLL_BACK)
    await db.executeQuery(RELEASE)
  } catch {
    throw cause
  }
}
