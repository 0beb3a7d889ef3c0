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
  /** With 0, the access token has already expired. */
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
  /** Only requests after this one. */
  readonly after?: number
}

export type Commands = ReturnType<typeof commandsOf>

/** The commands of a provider in any process. Arguments and results can be cloned. */
export function commandsOf(world: World, server: ProviderServer) {
  const { ledger, rules, clock, log } = world
  return {
    ...grantCommands(world),
    ...settingCommands(world),
    misbehave: (what: MisbehaviourName | Deed, when: When = {}): RuleId =>
      rules.add(what, when, clock.now()),
    /** Ends one misbehaviour, or all. The requests that it held or delayed go on. */
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
    /** Issues grants without a consent. */
    mintGrants(count: number, options: MintOptions = {}): readonly MintedGrant[] {
      return Array.from({ length: count }, () => mintGrant(world, options))
    },
    revokeGrant(id: FamilyId, cause: RevocationCause = 'user'): void {
      ledger.revoke(ledger.family(id), cause, clock.now())
    },
    /** Every token and secret so far. None of them may be found anywhere in plain text. */
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
    /** Sets the account of later grants; null for a new account each time. */
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
