import { ProviderClock } from './clock.ts'
import { type Dialect, DIALECTS, type Json, type RefusedGrant, type Reply } from './dialects.ts'
import { type Account, type Family, type Issued, Ledger, type Terms } from './ledger.ts'
import type { RedirectSink } from './redirect-sink.ts'
import type { Standing } from './refresh-grant.ts'
import { RequestLog } from './request-log.ts'
import { Rules } from './rules.ts'
import type { Settings } from './settings.ts'
import { type TokenKind, Tokens } from './tokens.ts'

/** The preset decision of the user at the authorization endpoint. */
export type Consent =
  | {
      readonly kind: 'allow'
      /** Changed parameters of the callback; null leaves one out. */
      readonly params?: Readonly<Record<string, string | null>>
    }
  | { readonly kind: 'error'; readonly error: string; readonly description?: string }

/** An authorization code and its consent (RFC 6749 §4.1.2). */
export type Code = {
  readonly account: Account | null
  readonly scope: string
  readonly redirectUri: string
  readonly challenge: string | null
  readonly expiresAt: number
  /** The family that the code was redeemed for. */
  family: Family | null
}

export type Kill = { readonly pid: number; readonly at: number; readonly request: number }

/** The whole state of one provider. */
export type World = {
  readonly settings: Settings
  readonly dialect: Dialect
  readonly clock: ProviderClock
  readonly tokens: Tokens
  readonly ledger: Ledger
  readonly rules: Rules
  readonly log: RequestLog
  readonly sink: RedirectSink
  readonly codes: Map<string, Code>
  readonly kills: Kill[]
  /** Errors of the provider itself. A run with any of them proves nothing. */
  readonly faults: string[]
  /** Ends all delays and holds. */
  readonly end: AbortController
  /** Held and delayed requests, by rule. */
  readonly held: Map<number, AbortController>
  secrets: readonly string[]
  consent: Consent
  /** Null for a new account at each consent. */
  account: Account | null
  accessTokenSeconds: number
  origin: string
  codesIssued: number
}

export function createWorld(settings: Settings, sink: RedirectSink): World {
  const clock = new ProviderClock()
  const dialect = DIALECTS[settings.dialect]
  const tokens = new Tokens(settings.seed, dialect.prefixes)
  return {
    settings,
    dialect,
    clock,
    tokens,
    ledger: new Ledger(tokens),
    rules: new Rules(settings.seed),
    log: new RequestLog(clock, settings.requestsKept),
    sink,
    codes: new Map(),
    kills: [],
    faults: [],
    end: new AbortController(),
    held: new Map(),
    secrets: settings.client.secrets,
    consent: { kind: 'allow' },
    account: null,
    accessTokenSeconds: settings.accessTokenSeconds,
    origin: '',
    codesIssued: 0,
  }
}

export function termsOf(world: World, lifeSeconds = world.accessTokenSeconds): Terms {
  return {
    now: world.clock.now(),
    lifeMs: lifeSeconds * 1000,
    settlesMs: world.settings.accessTokenSettlesMs,
  }
}

/** A request that was read completely. */
export type Asked = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly params: ReadonlyMap<string, string>
  readonly body: string
  readonly shown: Shown | null
}

/** The token that a request is about. */
export type Shown = {
  readonly family: Family | null
  readonly kind: TokenKind
  readonly ordinal: number
  readonly standing: Standing
}

/** Changes that a misbehaviour makes to the processing. */
export type Tweak = { readonly rotates?: boolean; readonly lifeSeconds?: number }

/** The result of processing a request. */
export type Outcome = {
  readonly reply: Reply
  readonly issued: Issued | null
  readonly rotated: boolean
  /** The error code of RFC 6749 §5.2. */
  readonly refused: string | null
}

export function refusal(world: World, error: string, about: RefusedGrant = null): Outcome {
  return {
    reply: world.dialect.refusal(error, about),
    issued: null,
    rotated: false,
    refused: error,
  }
}

export function success(json: Json | null): Outcome {
  const reply = { status: 200, headers: {}, json }
  return { reply, issued: null, rotated: false, refused: null }
}
