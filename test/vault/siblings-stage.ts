import type { LiveConnection } from '../../src/core/connection/connection.ts'
import type { UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { keepDraft } from '../../src/vault/import/keep-draft.ts'
import {
  draftFromTokens,
  importTokens,
  type TokenImport,
} from '../../src/vault/import/import-tokens.ts'
import { refreshDue } from '../../src/vault/upkeep/refresh-due.ts'
import { until } from '../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

export const HOUR = 3_600_000
export const ACCOUNT = { id: 'a-1', email: 'a@example.com', name: 'A' }
export const OTHER = { id: 'a-2', email: 'b@example.com', name: 'B' }
/** The answer of a userinfo endpoint that does not name the account. */
export const NAMELESS = { act: 'answer', status: 403, body: 'empty' } as const
export const REFUSAL = { act: 'refuse', error: 'invalid_grant', status: 400 } as const
export const NO_ID = 'con_none' as LiveConnection['id']

/** A provider at which a refresh of one connection ends the others of its account. */
export const openSiblingStage = () =>
  openStage({ provider: { refreshTokens: { endsSiblings: true } }, revocationReach: 'token' })

/** Connects two users with one account, each with a grant of its own. */
export async function connectTwo(stage: Stage): Promise<readonly LiveConnection[]> {
  const connections = []
  for (const [index, label] of ['one', 'two'].entries()) {
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    const userId = `user-${index + 1}` as UserId
    connections.push((await importMinted(stage, minted, { userId, label })).connection)
  }
  return storedAll(stage, connections)
}

export type Minted = { readonly accessToken: string; readonly refreshToken: string } | undefined

export function importMinted(stage: Stage, minted: Minted, demand: Partial<TokenImport>) {
  return importTokens(stage.ports, OPERATOR, demandFor(stage, minted, demand))
}

export function demandFor(stage: Stage, minted: Minted, demand: Partial<TokenImport>): TokenImport {
  return {
    ...NOTHING,
    userId: 'user-3' as UserId,
    provider: ACME,
    accessToken: new Secret(minted?.accessToken ?? ''),
    refreshToken: new Secret(minted?.refreshToken ?? ''),
    expiresAt: stage.clock.now() + HOUR,
    ...demand,
  }
}

/** Stores the draft of an import without proving it, as a crash would leave it. */
export async function storeDraft(stage: Stage, demand: TokenImport): Promise<LiveConnection> {
  const newDraft = draftFromTokens(stage.ports, OPERATOR, demand)
  return stage.ports.store.write((trx) => keepDraft(trx, newDraft))
}

export function storedAll(stage: Stage, connections: readonly LiveConnection[]) {
  return Promise.all(connections.map(({ id }) => stage.stored(id)))
}

export function refreshTokenOf(connection: LiveConnection | undefined): string | null {
  return connection?.grant.refreshToken?.open().expose() ?? null
}

/** Scans and waits until nothing is due. */
export async function settle(stage: Stage): Promise<void> {
  await refreshDue(stage.ports)
  const due = (among: 'healthy' | 'troubled') =>
    stage.ports.store.dueConnections(ACME, stage.clock.now(), { among, limit: 10 })
  await until('all to have had their turn', async () => {
    const left = [...(await due('healthy')), ...(await due('troubled'))]
    return left.length === 0 && stage.ports.flights.size === 0
  })
}
