import { describe, expect, test } from 'vitest'
import { LostWriteError } from '../../src/core/base/errors.ts'
import type { Connection } from '../../src/core/connection/connection.ts'
import type { Store, Writes } from '../../src/ports/store.ts'
import { idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { made } from './many-connections.ts'

const WRITES = 100

describe.each(databases)('concurrent writes in $name', ({ name, open, behind }) => {
  test('writes of one turn are committed together, and no caller is answered earlier', async () => {
    await using vault = await open()
    const log: string[] = []
    const write = async (n: number): Promise<void> => {
      await vault.store.write(async (trx) => {
        log.push(`runs ${n}`)
        await trx.insertConnection(made(n))
      })
      log.push(`answered ${n}`)
    }
    await Promise.all([write(1), write(2), write(3)])
    expect(log).toEqual(['runs 1', 'runs 2', 'runs 3', 'answered 1', 'answered 2', 'answered 3'])
  })

  test.skipIf(name === 'PostgreSQL')(
    'writes run one after the other in the order of the calls, in any number',
    async () => {
      await using vault = await open()
      const { store } = vault
      await store.write((trx) => trx.insertConnection(made(0)))
      let running = 0
      const runs: number[] = []
      const answers: number[] = []
      const rename = async (n: number): Promise<void> => {
        await store.write(async (trx) => {
          expect(++running).toBe(1)
          runs.push(n)
          await relabel(trx, `label ${n}`)
          running--
        })
        answers.push(n)
      }
      const all = Array.from({ length: WRITES }, (_, n) => n)
      await Promise.all(all.map(rename))
      expect(runs).toEqual(all)
      expect(answers).toEqual(all)
      expect(await store.connection(idOf(0))).toMatchObject({ label: `label ${WRITES - 1}` })
    },
  )

  const failures: readonly (readonly [string, (trx: Writes) => Promise<unknown>, object])[] = [
    ['throws', () => Promise.reject(new Error('ours')), { message: 'ours' }],
    [
      'loses its fence',
      () => Promise.reject(new LostWriteError('connection')),
      { code: 'conflict' },
    ],
    [
      'violates a constraint',
      (trx) => trx.insertConnection(made(1)),
      // PostgreSQL's code is 23505.
      { code: expect.stringMatching(/^(SQLITE_CONSTRAINT_PRIMARYKEY|23505)$/) },
    ],
  ]

  test.each(failures)('a write that %s is rolled back alone', async (_, fail, error) => {
    await using vault = await open()
    const { store } = vault
    const ends = await Promise.allSettled([
      store.write((trx) => trx.insertConnection(made(1))),
      store.write(async (trx) => {
        await trx.insertConnection(made(2))
        await relabel(trx, 'undone', 1)
        await fail(trx)
      }),
      store.write(async (trx) => {
        await trx.insertConnection(made(3))
        return 'third'
      }),
    ])
    expect(ends[0]).toMatchObject({ status: 'fulfilled' })
    expect(ends[1]).toMatchObject({ status: 'rejected', reason: error })
    expect(ends[2]).toEqual({ status: 'fulfilled', value: 'third' })
    expect(await stored(store)).toEqual([idOf(1), idOf(3)])
    expect(await store.connection(idOf(1))).toMatchObject({ label: null })
  })

  test('a write sees the earlier writes of its group, and nobody else does before the commit', async () => {
    await using vault = await open()
    const { store } = vault
    const [reached, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isAnswered = false
    const first = store
      .write((trx) => trx.insertConnection(made(1)))
      .then(() => (isAnswered = true))
    const second = store.write(async (trx) => {
      expect(await trx.connection(idOf(1))).not.toBeNull()
      reached.resolve()
      await mayEnd.promise
    })
    await reached.promise
    let seen: readonly string[] | null = null
    const reading = stored(store).then((ids) => (seen = ids))
    const cached = store.connection(idOf(1))
    const otherConnection = await behind(vault, (db) =>
      db.selectFrom('connections').select('id').execute(),
    )
    expect(otherConnection).toEqual([])
    expect(seen ?? []).toEqual([])
    expect(isAnswered).toBe(false)
    mayEnd.resolve()
    await Promise.all([first, second, reading, cached])
    expect(await store.connection(idOf(1))).not.toBeNull()
  })

  test('two writes of one group that replace the same state: the first wins, the second is told', async () => {
    await using vault = await open()
    const { store } = vault
    const before = made(1)
    await store.write((trx) => trx.insertConnection(before))
    const save = (label: string) => {
      const grant = { ...before.grant, generation: before.grant.generation + 1 }
      return store.write((trx) => trx.trySaveConnection(before, { ...before, label, grant }))
    }
    expect(await Promise.all([save('first'), save('second')])).toEqual([
      { won: true },
      { won: false },
    ])
    expect(await store.connection(idOf(1))).toMatchObject({ label: 'first' })
  })

  test('closing the store commits the writes that wait', async () => {
    const vault = await open()
    const writes = Array.from({ length: WRITES }, (_, n) =>
      vault.store.write((trx) => trx.insertConnection(made(n))),
    )
    const closed = vault.store[Symbol.asyncDispose]()
    await Promise.all(writes)
    await closed
    const left = await behind(vault, (db) => db.selectFrom('connections').select('id').execute())
    expect(left).toHaveLength(WRITES)
    await vault[Symbol.asyncDispose]()
  })
})

async function relabel(trx: Writes, label: string, n = 0): Promise<void> {
  const before = (await trx.connection(idOf(n))) as Connection
  await trx.saveConnection(before, { ...before, label })
}

async function stored(store: Store): Promise<readonly string[]> {
  const connections = await store.connectionsOf(made(1).userId, null)
  return connections.map(({ id }) => id)
}
