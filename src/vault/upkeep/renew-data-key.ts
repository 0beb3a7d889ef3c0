import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ReSealed, ReSealPosition, WrappedKey } from '../../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'store' | 'dataKeys'>

const PERIOD_MS = 90 * 24 * 3_600_000

/**
 * Creates a new data key every ninety days, so that one key seals few values. Returns whether a key
 * was created.
 */
export async function renewDataKeyWhenDue(ports: Needs): Promise<boolean> {
  const { keys } = await ports.store.vaultKeys()
  const newest = Math.max(...keys.filter(isInUse).map(({ createdAt }) => createdAt))
  if (ports.clock.now() - newest < PERIOD_MS) return false
  await renewDataKey(ports)
  return true
}

/** Creates a data key for all new values. `reSealRetired` later removes the old keys. */
export async function renewDataKey(ports: Needs): Promise<void> {
  const renewed = ports.dataKeys.withNewKey(await ports.store.vaultKeys(), ports.clock.now())
  // Store the key before it seals anything: if a crash loses the key, its values are lost too.
  await ports.store.write((trx) => trx.saveVaultKeys(renewed))
  ports.dataKeys.takeUp(renewed)
}

const PAGE = 100

/**
 * Seals again, page by page, all values that are sealed with retired keys. Returns the number of
 * changed rows. If a pass changes no row, removes the retired keys. The job runs hourly, so a
 * refresh that read its row before the previous pass has ended by now.
 */
export async function reSealRetired(ports: Needs): Promise<number> {
  const { keys } = await ports.store.vaultKeys()
  const retired = keys.filter(isRetired).map(({ id }) => id)
  if (retired.length === 0) return 0
  // In a damaged database, the only key may be marked as retired. Create a new key before removing
  // that one.
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

/**
 * Removes only these keys. Values may still be sealed with a key that was retired during the pass.
 */
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

/** Never true for the index key: without it, the stored fingerprints are useless. */
function isRetired({ purpose, retiredAt }: WrappedKey): boolean {
  return purpose === 'data' && retiredAt !== null
}
