import pg, { type ClientConfig } from 'pg'
import { StoreError } from '../../core/base/errors.ts'
import { OpenError } from '../open-error.ts'

/** `LARD` in ASCII. */
const LOCK_CLASS = 0x4c415244
const LOCK_OF_PROCESS = 1
/** A sequence, made by migration 0013. */
const CLAIMS = 'vault_claims'

export interface VaultHold extends AsyncDisposable {
  /** Call before each write. Returns null while this process holds the vault. */
  readonly ensure: () => Promise<void> | null
  /** Call once the tables are there. From then on, `ensure` notices if another process had them. */
  readonly claim: () => Promise<void>
}

/**
 * Takes the vault for this process, by an advisory lock on a connection of its own. Throws
 * `OpenError` if another process holds it. The lock ends with its connection. Then `ensure` takes
 * it again, and throws `StoreError` if it cannot. If another process had the vault in between,
 * `ensure` always throws, because this process has old rows and keys in memory.
 */
export async function holdVault(config: ClientConfig): Promise<VaultHold> {
  let client: pg.Client | null = null
  let taking: Promise<void> | null = null
  let claim: string | null = null
  let isClosed = false
  const take = async (): Promise<void> => {
    const next = new pg.Client(config)
    const lose = () => {
      if (client === next) client = null
    }
    next.on('error', lose)
    next.on('end', lose)
    try {
      await next.connect()
      await assertDirect(next)
      await next.query(KEEP_ALIVE)
      if (!(await tryLock(next))) throw new OpenError('database_in_use')
      if (claim !== null && (await lastClaim(next)) !== claim)
        throw new OpenError('database_in_use')
      if (isClosed) throw new Error('the hold was closed')
      client = next
    } catch (error) {
      await next.end().catch(() => {})
      throw error
    }
  }
  await take()
  const takeAgain = async (): Promise<void> => {
    try {
      await take()
    } catch (error) {
      throw error instanceof OpenError ? new StoreError('unreachable', error) : error
    } finally {
      taking = null
    }
  }
  return {
    claim: async () => {
      if (client === null) throw new StoreError('unreachable', new Error('the lock was lost'))
      claim = await newClaim(client)
    },
    ensure: () => (client === null ? (taking ??= takeAgain()) : null),
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      const last = client
      client = null
      await last?.end().catch(() => {})
    },
  }
}

/**
 * Throws `OpenError` behind a pooler: there, the lock would belong to a connection that other
 * clients use too. A pooler gives its clients invented process ids.
 */
async function assertDirect(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid')
  // Not declared in the types of `pg`.
  const { processID } = client as unknown as { readonly processID: number | null }
  if (rows[0]?.pid !== processID) throw new OpenError('unsuitable_database', POOLER)
}

const POOLER = 'it is behind a pooler such as PgBouncer; connect to the server itself'

/** If the machine of this process is gone, the server notices within 25 s and frees the lock. */
const KEEP_ALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ readonly won: boolean }>(
    'select pg_try_advisory_lock($1, $2) as won',
    [LOCK_CLASS, LOCK_OF_PROCESS],
  )
  return rows[0]?.won === true
}

/**
 * Each process that opens the vault takes the next number. Only `setval` makes it exact: after a
 * crash of the server, `nextval` alone leaves out up to 32 numbers.
 */
async function newClaim(client: pg.Client): Promise<string> {
  const query = `select setval('${CLAIMS}', nextval('${CLAIMS}'))::text as claim`
  const { rows } = await client.query<{ readonly claim: string }>(query)
  return rows[0]?.claim ?? ''
}

async function lastClaim(client: pg.Client): Promise<string | null> {
  const query = `select last_value::text as claim from ${CLAIMS}`
  const { rows } = await client.query<{ readonly claim: string }>(query)
  return rows[0]?.claim ?? null
}
