import { accountOf } from './accounts.ts'
import type { Account, FamilyId, RevocationCause } from './ledger.ts'
import type { Deed } from './misbehaviour.ts'
import type { MisbehaviourName } from './misbehaviours/table.ts'
import type { Awaited, RequestRecord } from './request-log.ts'
import type { RuleId, When } from './rules.ts'
import type { ProviderServer } from './server.ts'
import { type FamilyTruth, familyTruth, tellTruth, type Truth } from './truth.ts'
import { type Consent, termsOf, type World } from './world.ts'

export type MintOptions = {
  readonly scope?: string
  readonly account?: Account
  /** 0: the access token has expired already. */
  readonly accessTokenSeconds?: number
}

export type MintedGrant = {
  readonly family: FamilyId
  readonly account: Account
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

export type RequestFilter = {
  readonly family?: FamilyId
  readonly endpoint?: RequestRecord['endpoint']
  /** Only what came later than this one. */
  readonly after?: number
}

export type Commands = ReturnType<typeof commandsOf>

/** What can be said to a provider, wherever it runs; arguments and answers can be cloned. */
export function commandsOf(world: World, server: ProviderServer) {
  const { ledger, rules, clock, log } = world
  return {
    ...grantCommands(world),
    ...settingCommands(world),
    misbehave: (what: MisbehaviourName | Deed, when: When = {}): RuleId =>
      rules.add(what, when, clock.now()),
    /** Ends one misbehaviour, or all of them; what is held or delayed by it goes on. */
    behave(rule?: RuleId): void {
      rules.remove(rule)
      for (const [id, gate] of world.held) {
        if (rule !== undefined && id !== rule) continue
        gate.abort()
        world.held.delete(id)
      }
    },
    stopListening: () => server.stop(),
    listenAgain: () => server.start(),
    advanceTime: (ms: number): void => clock.advance(ms),
    until: (wanted: Awaited): Promise<void> => log.until(wanted),
    truth: (): Truth => tellTruth(world),
    family: (id: FamilyId): FamilyTruth => familyTruth(world, ledger.family(id)),
    requests: (filter: RequestFilter = {}): readonly RequestRecord[] =>
      structuredClone(log.records.filter((record) => isWanted(record, filter))),
    requestCount: (): number => log.total,
  }
}

function grantCommands(world: World) {
  const { ledger, clock } = world
  return {
    /** As many grants as that many consents would give, without anybody walking there. */
    mintGrants(count: number, options: MintOptions = {}): readonly MintedGrant[] {
      return Array.from({ length: count }, () => mintGrant(world, options))
    },
    revokeGrant(id: FamilyId, cause: RevocationCause = 'user'): void {
      ledger.revoke(ledger.family(id), cause, clock.now())
    },
    /** Every token and secret there ever was: what must be found nowhere else in the clear. */
    secrets(): readonly string[] {
      const tokens = ledger.families.flatMap((family) => [
        ...family.refresh.kept.map((_, n) =>
          ledger.refreshToken(family, family.refresh.dropped + n),
        ),
        ...family.access.kept.map((_, n) => ledger.accessToken(family, family.access.dropped + n)),
      ])
      return [...new Set([...world.settings.client.secrets, ...world.secrets, ...tokens])]
    },
  }
}

function settingCommands(world: World) {
  return {
    setConsent(consent: Consent): void {
      world.consent = consent
    },
    /** Whose grants are given from now on; null: another account each time. */
    setAccount(account: Account | null): void {
      world.account = account
    },
    setClientSecrets(secrets: readonly string[]): void {
      world.secrets = secrets
    },
    setAccessTokenSeconds(seconds: number): void {
      world.accessTokenSeconds = seconds
    },
  }
}

function mintGrant(world: World, options: MintOptions): MintedGrant {
  const account = options.account ?? world.account ?? accountOf(world.ledger.families.length)
  const issued = world.ledger.mint(
    { account, scope: options.scope ?? 'read write', machine: false },
    termsOf(world, options.accessTokenSeconds),
  )
  return {
    family: issued.family.id,
    account,
    accessToken: issued.accessToken,
    refreshToken: issued.refreshToken ?? '',
    expiresInSeconds: issued.expiresInSeconds,
  }
}

function isWanted(record: RequestRecord, { family, endpoint, after }: RequestFilter): boolean {
  if (family !== undefined && record.family !== family) return false
  if (endpoint !== undefined && record.endpoint !== endpoint) return false
  return record.id > (after ?? 0)
}
