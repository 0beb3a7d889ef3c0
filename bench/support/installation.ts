import { stringify } from 'yaml'
import { type Installation, makeInstallation } from '../../test/support/larder-process.ts'
import { masterKey } from '../../test/support/open-vault-store.ts'
import type { Bench } from '../scenario.ts'
import { PROVIDERS } from './connections.ts'
import { copyVault } from './filled-vault.ts'

export const CLIENT = { id: 'bench', secret: 'bench-secret' } as const
/** Nothing listens here. */
const NO_TOKEN_ENDPOINT = 'http://127.0.0.1:9/token'

/** An installation whose data directory is a copy of the filled vault of this size. */
export async function benchInstallation(
  bench: Bench,
  options: { readonly size: number; readonly tokenEndpoint?: string },
): Promise<Installation> {
  const { size, tokenEndpoint = NO_TOKEN_ENDPOINT } = options
  const at = await makeInstallation({
    configuration: configuration(tokenEndpoint),
    environment: { LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64') },
  })
  try {
    await copyVault(size, at.dataDir, bench)
    return at
  } catch (error) {
    await at[Symbol.asyncDispose]()
    throw error
  }
}

function configuration(tokenEndpoint: string): string {
  const provider = {
    authorizationEndpoint: 'http://127.0.0.1:9/authorize',
    tokenEndpoint,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    scopes: ['calendar.readonly', 'email'],
  }
  const ids = Array.from({ length: PROVIDERS }, (_, n) => `bench-${n}`)
  return stringify({
    providers: Object.fromEntries(ids.map((id) => [id, provider])),
    refresh: { concurrencyPerProvider: 64, ratePerSecond: 1_000 },
  })
}
