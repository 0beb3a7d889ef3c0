import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

/** `POSTGRES_KILLS=50 npm run test:postgres -- server-kills` is the long form. */
const KILLS = Number(process.env['POSTGRES_KILLS'] ?? 4)
const CONNECTIONS = 20
const WORKERS = 4

test(
  `no rotation is lost and every read of a known token is answered while the server is killed ${KILLS} times`,
  async () => {
    await using server = await startPostgres({ fsync: true })
    await using stage = await openCrashStage({
      provider: { profile: 'strict' },
      environment: { LARDER_DATABASE_URL: server.url },
    })
    const { api, provider } = stage
    await stage.start()
    const adopted = await stage.adopt(CONNECTIONS)
    const [idle] = await stage.adopt(1)
    const readIdle = async () => (await api.get(`/v1/connections/${idle?.id}/token`)).status
    expect(await readIdle()).toBe(200)
    const ending = new AbortController()
    const answers = new Map<number, number>()
    const reads: number[] = []
    const work = Array.from({ length: WORKERS }, async (_, worker) => {
      for (let turn = worker; !ending.signal.aborted; turn += WORKERS) {
        const one = adopted[turn % CONNECTIONS]
        const { status } = await api.post(`/v1/connections/${one?.id}/refresh`)
        answers.set(status, (answers.get(status) ?? 0) + 1)
        await wait(5)
      }
    })
    const reading = (async () => {
      while (!ending.signal.aborted) {
        reads.push(await readIdle())
        await wait(20)
      }
    })()
    for (let kill = 0; kill < KILLS; kill++) {
      const before = answers.get(200) ?? 0
      await until('refreshes between two kills', () => (answers.get(200) ?? 0) > before + 3, 60_000)
      await wait(Math.random() * 300)
      await server.kill9()
      await wait(Math.random() * 1_500)
      await server.start()
    }
    ending.abort()
    await Promise.all([...work, reading])
    const isReady = async () => (await api.get('/readyz')).status === 200
    await until('the database to be reached', isReady)
    for (const { id } of adopted) {
      const refreshed = async () => (await api.post(`/v1/connections/${id}/refresh`)).status === 200
      await until('a refresh of each connection', refreshed, 60_000)
    }
    const ends = await Promise.all(adopted.map(({ family }) => provider.family(family)))
    const requests = (await provider.requests({ endpoint: 'token' })).length
    process.stdout.write(
      `${KILLS} kills, ${requests} token requests, answers ${JSON.stringify([...answers])}, ` +
        `${reads.length} reads\n`,
    )
    expect(ends.filter(({ revoked }) => revoked !== null)).toEqual([])
    expect(reads.filter((status) => status !== 200)).toEqual([])
  },
  60_000 + KILLS * 20_000,
)
