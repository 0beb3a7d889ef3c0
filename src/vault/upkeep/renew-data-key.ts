import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ReSealed, ReSealPosition, WrappedKey } from '../../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'store' | 'dataKeys'>

const PERIOD_MS = 90 * 24 * 3_600_000

/** A new data key every ninety days: what one key has sealed stays bounded. Answers whether it was time. */
export async function renewDataKeyWhenDue(ports: Needs): Promise<boolean> {
  const { keys } = await ports.store.vaultKeys()
  const newest = Math.max(...keys.filter(isInUse).map(({ createdAt }) => createdAt))
  if (ports.clock.now() - newest < PERIOD_MS) return false
  await renewDataKey(ports)
  return true
}

/** From now on everything is sealed by a new key; `reSealRetired` takes the old ones out of use. */
export async function renewDataKey(ports: Needs): Promise<void> {
  const renewed = ports.dataKeys.withNewKey(await ports.store.vaultKeys(), ports.clock.now())
  // Written down before it seals: a key that a crash takes away takes along what it has sealed.
  await ports.store.write((trx) => trx.saveVaultKeys(renewed))
  ports.dataKeys.takeUp(renewed)
}

const PAGE = 100

/**
 * Seals anew whatever a retired key has sealed, a page at a time; refreshes go on between. A pass that
 * finds nothing more forgets the retired keys: the job calls it hourly, so that nothing in the air is
 * left that read a row before. Answers how many rows were re-sealed.
 */
export async function reSealRetired(ports: Needs): Promise<number> {
  const { keys } = await ports.store.vaultKeys()
  const retired = keys.filter(isRetired).map(({ id }) => id)
  if (retired.length === 0) return 0
  // A bit of the file calls the key retired that seals: it may go only once another has taken over.
  if (!keys.some(isInUse)) await renewDataKey(ports)
  const resealed = await pass(ports)
  if (resealed === 0) await forget(ports, new Set(retired))
  return resealed
}

async function pass(ports: Needs): Promise<number> {
  let resealed = 0
  let position: ReSealPosition | null = null
  do {
    const page: ReSealed = await reSealPage(ports, position)
    resealed += page.resealed
    position = page.next
    await yieldTurn(ports.clock)
  } while (position !== null)
  return resealed
}

function reSealPage(ports: Needs, position: ReSealPosition | null): Promise<ReSealed> {
  return ports.store.write((trx) => trx.reSeal(position, PAGE))
}

/** Of a key that was made or retired during the pass nobody knows what it has sealed. */
async function forget(ports: Needs, ids: ReadonlySet<string>): Promise<void> {
  await ports.store.write(async (trx) => {
    const records = await trx.vaultKeys()
    await trx.saveVaultKeys({ ...records, keys: records.keys.filter(({ id }) => !ids.has(id)) })
  })
  ports.dataKeys.takeUp(await ports.store.vaultKeys())
}

function isInUse({ purpose, retiredAt }: WrappedKey): boolean {
  return purpose === 'data' && retiredAt === null
}

/** The index key never is, whatever its row says: fingerprints could not be made again. */
function isRetired({ purpose, retiredAt }: WrappedKey): boolean {
  return purpose === 'data' && retiredAt !== null
}
