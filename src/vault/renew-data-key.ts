import type { Ports } from '../ports.ts'
import type { ReSealed, ReSealPosition, WrappedKey } from '../ports/store.ts'

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
  const renewed = await ports.dataKeys.withNewKey(await ports.store.vaultKeys(), ports.clock.now())
  // Written down before it seals: a key that a crash takes away takes along what it has sealed.
  await ports.store.write((trx) => trx.saveVaultKeys(renewed))
  await ports.dataKeys.takeUp(renewed)
}

const PAGE = 100

/**
 * Seals anew whatever a retired key has sealed, a page at a time; refreshes go on between. A pass that
 * finds nothing more forgets the retired keys: the job calls it hourly, so that nothing in the air is
 * left that read a row before. Answers how many rows were re-sealed.
 */
export async function reSealRetired(ports: Needs): Promise<number> {
  const { keys } = await ports.store.vaultKeys()
  if (!keys.some(isRetired)) return 0
  // A bit of the file calls the key retired that seals: it may go only once another has taken over.
  if (!keys.some(isInUse)) await renewDataKey(ports)
  const resealed = await pass(ports)
  if (resealed === 0) await forgetRetiredKeys(ports)
  return resealed
}

async function pass(ports: Needs): Promise<number> {
  let resealed = 0
  let position: ReSealPosition | null = null
  do {
    const page: ReSealed = await reSealPage(ports, position)
    resealed += page.resealed
    position = page.next
    // Readers have their turn in between.
    await ports.clock.sleep(0)
  } while (position !== null)
  return resealed
}

function reSealPage(ports: Needs, position: ReSealPosition | null): Promise<ReSealed> {
  return ports.store.write((trx) => trx.reSeal(position, PAGE))
}

async function forgetRetiredKeys(ports: Needs): Promise<void> {
  const records = await ports.store.vaultKeys()
  const keys = records.keys.filter((key) => !isRetired(key))
  await ports.store.write((trx) => trx.saveVaultKeys({ ...records, keys }))
  await ports.dataKeys.takeUp({ ...records, keys })
}

function isInUse({ purpose, retiredAt }: WrappedKey): boolean {
  return purpose === 'data' && retiredAt === null
}

/** The index key never is, whatever its row says: fingerprints could not be made again. */
function isRetired({ purpose, retiredAt }: WrappedKey): boolean {
  return purpose === 'data' && retiredAt !== null
}
