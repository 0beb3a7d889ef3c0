import { expect } from 'vitest'
import { admission } from '../../src/core/refresh/circuit.ts'
import { missingScope } from '../../src/core/connection/connection.ts'
import type { ConnectionId } from '../../src/core/base/ids.ts'
import { scopesToRequest } from '../../src/core/connection/provider.ts'
import { presentAccessToken } from '../../src/http/private/present.ts'
import { deleteConnection } from '../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../src/vault/connections/deliver-revocations.ts'
import { getToken } from '../../src/vault/tokens/get-token.ts'
import { refreshNow } from '../../src/vault/tokens/refresh-now.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import type { ContractStage } from './contract-stage.ts'
import type { ErrorAnswer, Rotation } from './dialect.ts'
import { fill } from './fill.ts'
import { connect, walk } from './walk.ts'

// The steps of one journey, in order. Each leaves an active connection, unless it says otherwise.

export async function connectUser(stage: ContractStage): Promise<ConnectionId> {
  const { dialect, clock } = stage
  const id = await connect(stage)
  const { grant, account, providerData, status } = await stage.stored(id)
  expect(status).toBe('active')
  expect(account).toMatchObject(dialect.account)
  if (dialect.scopes !== null) expect(missingScope(grant)).toEqual([])
  if (dialect.granted !== undefined) expect(grant.scope).toEqual(dialect.granted)
  expect(leavesOf(providerData)).toEqual(expect.arrayContaining(Object.values(dialect.kept ?? {})))
  expectAbout(secondsUntil(grant.token?.expiresAt, clock.now()), dialect.lifetimes.access)
  const { refresh } = dialect.lifetimes
  if (refresh !== undefined) {
    expectAbout(secondsUntil(grant.refreshTokenExpiresAt, clock.now()), refresh)
  }
  expect(grant.refreshToken !== null).toBe(dialect.refresh !== null)
  return id
}

/** For each behaviour of a vendor, the values of `rotation` that fit it in a preset. */
const ROTATIONS: Readonly<Record<Rotation, readonly string[]>> = {
  none: ['none', 'sometimes'],
  same: ['none', 'sometimes', 'unknown'],
  'single-use': ['single-use', 'grace', 'sometimes', 'unknown'],
  overlap: ['overlap', 'sometimes'],
}

export async function expectDefaults({ ports, id, dialect, recipe }: ContractStage): Promise<void> {
  const provider = ports.providers.get(id)
  if (provider === undefined) throw new Error('no such provider')
  const asked = scopesToRequest(provider, null)
  expect([...asked].toSorted()).toEqual([...(dialect.scopes?.defaults ?? [])].toSorted())
  expect(recipe.refreshTokens.perAccount ?? undefined).toBe(dialect.cap)
  const {
    rotation = 'unknown',
    endsSiblings = false,
    endsAccessToken = false,
  } = recipe.refreshTokens
  expect(ROTATIONS[dialect.refresh?.rotation ?? 'none']).toContain(rotation)
  expect(endsSiblings).toBe(dialect.endsSiblings ?? false)
  expect(endsAccessToken).toBe(dialect.endsAccessToken ?? false)
  const { idle, grace } = dialect.lifetimes
  if (idle !== undefined) expect(seconds(provider.refresh.refreshTokenIdleMs)).toBe(idle)
  if (grace !== undefined) expect(seconds(provider.refresh.graceMs)).toBe(grace)
  // Revoking one token would end other connections, so the preset must say so.
  if (dialect.revocation?.endsAll === true) expect(provider.revocation.reach).toBe('account')
}

/** Checks that the served header is the one that the vendor's API expects. */
export async function expectServed(stage: ContractStage, id: ConnectionId): Promise<void> {
  const { ports, dialect, vendor } = stage
  const served = await getToken(ports, OPERATOR, {
    target: { id },
    minTtlSeconds: 60,
    rejected: null,
  })
  const { accessToken } = vendor.books.latest
  const api = dialect.apiHeader ?? { name: 'Authorization', value: 'Bearer {accessToken}' }
  const { header } = presentAccessToken(served, ports)
  expect(header).toEqual({ name: api.name, value: fill(api.value, { accessToken }) })
}

/** Refreshes twice. The second refresh sends the refresh token that the first returned. */
export async function refreshTwice(stage: ContractStage, id: ConnectionId): Promise<void> {
  const { vendor, clock, dialect, ports } = stage
  for (const _ of [1, 2]) {
    const before = vendor.books.latest.accessToken
    clock.pass(((dialect.lifetimes.access ?? 3600) - 30) * 1000)
    if (dialect.lifetimes.access === null) await refreshNow(ports, OPERATOR, id)
    await expectServed(stage, id)
    expect(vendor.complaints).toEqual([])
    expect(vendor.books.latest.accessToken).not.toBe(before)
    const { grant } = await stage.stored(id)
    expectAbout(secondsUntil(grant.token?.expiresAt, clock.now()), dialect.lifetimes.access)
    if (dialect.scopes !== null) expect(missingScope(grant)).toEqual([])
  }
}

/** A transient error makes the connection failing, and the next refresh repairs it. */
export async function expectPassing(
  stage: ContractStage,
  id: ConnectionId,
  answer: ErrorAnswer,
): Promise<void> {
  const { ports } = stage
  const failed = await refreshWith(stage, id, answer)
  const connection = await stage.stored(id)
  expect(failed).toMatchObject({ code: 'provider_unavailable' })
  expect(connection.status).toBe('failing')
  const reason = answer.slowsDown === true ? 'throttled' : 'provider_unavailable'
  expect(connection.failure?.reason).toBe(reason)
  await heal(stage, id)
  expect(ports.traffic.circuits().filter(({ open }) => open !== null)).toEqual([])
}

/** An error of the client opens the circuit, and the connection stays active. */
export async function expectBlameOnClient(
  stage: ContractStage,
  id: ConnectionId,
  answer: ErrorAnswer,
): Promise<void> {
  const { ports, clock } = stage
  const failed = await refreshWith(stage, id, answer)
  expect(failed).toMatchObject({ code: 'provider_misconfigured' })
  const connection = await stage.stored(id)
  expect([connection.status, connection.failure]).toEqual(['active', null])
  const client = ports.endpoint.clientKey(stage.id, null)
  const circuit = ports.traffic.circuit(stage.id, client)
  expect(circuit.open?.reason).toBe('misconfigured')
  expect(admission(circuit, clock.now())).toBe('held')
  await heal(stage, id)
}

export async function expectDead(
  stage: ContractStage,
  id: ConnectionId,
  answer: ErrorAnswer,
): Promise<void> {
  const failed = await refreshWith(stage, id, answer)
  expect(failed).toMatchObject({ code: 'reconnect_required', extras: { reason: 'revoked' } })
  expect((await stage.stored(id)).status).toBe('disconnected')
}

/** Refreshes while the vendor gives this answer. Returns the error, or 'refreshed'. */
async function refreshWith(
  stage: ContractStage,
  id: ConnectionId,
  answer: ErrorAnswer,
): Promise<unknown> {
  const { vendor, ports } = stage
  vendor.fault = { at: 'refresh', answer }
  try {
    return await refreshNow(ports, OPERATOR, id).then(
      () => 'refreshed',
      (error: unknown) => error,
    )
  } finally {
    vendor.fault = null
  }
}

/** Refreshes successfully after an error. */
export async function heal(stage: ContractStage, id: ConnectionId): Promise<void> {
  stage.clock.pass(10 * 60_000)
  await refreshNow(stage.ports, OPERATOR, id)
  expect((await stage.stored(id)).status).toBe('active')
  expect(stage.vendor.complaints).toEqual([])
}

/** Without a refresh, reporting a rejected token returns reconnect_required. */
export async function expectNotRenewable(stage: ContractStage, id: ConnectionId): Promise<void> {
  const { grant } = await stage.stored(id)
  const reading = getToken(stage.ports, OPERATOR, {
    target: { id },
    minTtlSeconds: 60,
    rejected: grant.token?.tokenId ?? null,
  })
  await expect(reading).rejects.toMatchObject({ code: 'reconnect_required' })
}

export async function reconnect(stage: ContractStage, id: ConnectionId): Promise<void> {
  const before = await stage.stored(id)
  expect(await connect(stage, { connectionId: id })).toBe(id)
  const after = await stage.stored(id)
  expect(after.status).toBe('active')
  expect(after.grant.id).not.toBe(before.grant.id)
  expect(after.account).toMatchObject(stage.dialect.account)
}

/** If the exchange fails, the user returns to the app with this error code. */
export async function expectExchangeError(
  stage: ContractStage,
  answer: ErrorAnswer,
  errorCode: string,
): Promise<void> {
  stage.vendor.fault = { at: 'exchange', answer }
  try {
    const { searchParams } = await walk(stage)
    expect([searchParams.get('error'), searchParams.get('errorCode')]).toEqual([
      'internal',
      errorCode,
    ])
  } finally {
    stage.vendor.fault = null
  }
}

export async function expectSentBack(
  stage: ContractStage,
  denial: string,
  word: string,
): Promise<void> {
  stage.vendor.denial = denial
  const { searchParams } = await walk(stage)
  stage.vendor.denial = null
  expect(searchParams.get('error')).toBe(word)
}

/** If the user deselects a scope, the connection lists it as missing. */
export async function expectMissing(stage: ContractStage, scope: string): Promise<void> {
  stage.vendor.withheld = scope
  const id = await connect(stage)
  stage.vendor.withheld = null
  expect(missingScope((await stage.stored(id)).grant)).toEqual([scope])
}

export async function revoke(stage: ContractStage, id: ConnectionId): Promise<void> {
  const { ports, dialect, vendor } = stage
  // Deliver the revocation that the reconnect queued, so that only the deletion's remains.
  await deliverRevocations(ports)
  const { accessToken, refreshToken } = vendor.books.latest
  const { revocation } = await deleteConnection(ports, OPERATOR, { id }, { revoke: true })
  if (dialect.revocation?.refusal !== undefined) await expectStillQueued(stage)
  await deliverRevocations(ports)
  const words = dialect.revocation
  if (words === null || (words.isGuess === true && revocation === 'unsupported')) {
    expect(revocation).toBe('unsupported')
    return
  }
  expect(revocation).toBe('queued')
  expect(vendor.complaints).toEqual([])
  const { revoked } = vendor.books
  const told = { access: revoked.has(accessToken), refresh: revoked.has(refreshToken) }
  const expected = {
    access: { access: true },
    refresh: { refresh: true },
    account: { access: true, refresh: true },
    either: told.access ? { access: true } : { refresh: true },
  }[words.tokens]
  expect(told).toMatchObject(expected)
  expect((await ports.store.census(stage.clock.now())).revocationsQueued).toBe(0)
}

/** All values of a JSON document. */
function leavesOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(leavesOf)
    : [value]
}

/** A revocation that the vendor refuses stays queued. */
async function expectStillQueued({ ports, vendor, clock }: ContractStage): Promise<void> {
  vendor.forgets = false
  await deliverRevocations(ports)
  vendor.forgets = true
  expect((await ports.store.census(clock.now())).revocationsQueued).toBe(1)
  clock.pass(60 * 60_000)
}

function secondsUntil(end: number | null | undefined, now: number): number | null {
  return end == null ? null : Math.round((end - now) / 1000)
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/** Compares within 20 seconds, because requests take time. */
function expectAbout(found: number | null, wanted: number | null): void {
  if (found === null || wanted === null) expect(found).toBe(wanted)
  else expect(Math.abs(found - wanted), `${found} seconds, not ${wanted}`).toBeLessThan(20)
}
