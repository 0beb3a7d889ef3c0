import { type Caller, reaches } from '../../core/base/access.ts'
import type { Flow } from '../../core/connect/flow.ts'
import { callbackProblem } from '../../core/connect/callback-error.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { writeGrant, findReplaced, type TokenConsent } from './write-grant.ts'
import { connectFailureOf, refusalDetail } from './connect-failure.ts'
import { digest } from '../../core/base/digest.ts'
import { discard, redeem } from './redeem.ts'
import { reportConnected } from './report-connected.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>

export type HeadlessCallback = {
  /** Of the session in which the callback arrived. */
  readonly userId: UserId
  /** Every parameter that came to the app's callback: presets keep and compare some of them. */
  readonly callback: ReadonlyMap<string, string>
  /** Names the account where the provider does not. */
  readonly name: string | null
}

/** Step two where the host app owns the callback: the code is redeemed for the user it was begun for. */
export async function completeHeadless(
  ports: Needs,
  caller: Caller,
  demand: HeadlessCallback,
): Promise<{ readonly connection: LiveConnection; readonly appState: string | null }> {
  const flow = await takeFlow(ports, caller, demand.callback.get('state') ?? '')
  const redeemed = await orTell(ports, flow, () => redeemFor(ports, flow, demand))
  if (redeemed.kind === 'failed') {
    const { problem, detail } = redeemed
    tellFailed(ports, flow, { code: problem.code, detail })
    throw problem
  }
  const consent = named(redeemed, demand.name)
  const attached = await orTell(ports, flow, () => attach(ports, flow, consent))
  reportConnected(ports, attached, 'headless')
  return { connection: attached.connection, appState: flow.request.state }
}

async function redeemFor(
  ports: Needs,
  flow: Flow,
  demand: HeadlessCallback,
): Promise<Exclude<Awaited<ReturnType<typeof redeem>>, { kind: 'refused' }>> {
  if (flow.request.userId !== demand.userId) {
    throw new VaultError('confirmation_refused', 'the callback came in the session of another user')
  }
  const provider = ports.providers.get(flow.provider)
  if (provider === undefined) throw unknownState()
  const redeemed = await redeem(ports, flow, { provider, callback: demand.callback })
  if (redeemed.kind !== 'refused') return redeemed
  const detail = refusalDetail(redeemed, flow.requestedScope)
  const isScope = redeemed.error === 'invalid_scope'
  const without = `the provider sent the user back without a code${isScope ? `: ${detail}` : ''}`
  const { word: reason, ...why } = callbackProblem(redeemed.error, provider)
  const problem = new VaultError('invalid_request', without, { reason, ...why })
  return { kind: 'failed', problem, detail }
}

async function orTell<T>(ports: Needs, flow: Flow, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    tellFailed(ports, flow, connectFailureOf(error))
    throw error
  }
}

function tellFailed(
  { observer }: Needs,
  { provider }: Flow,
  failure: { readonly code: string; readonly detail: string },
): void {
  observer.connectFailed({ provider, how: 'headless', ...failure })
}

/** A key that may not see the flow leaves it as it is: the transaction is given up. */
function takeFlow(ports: Needs, caller: Caller, state: string): Promise<Flow> {
  return ports.store.write(async (trx) => {
    const flow = await trx.takeFlow(digest(state), null, ports.clock.now())
    if (
      flow === null ||
      !reaches(caller, { userId: flow.request.userId, provider: flow.provider })
    ) {
      throw unknownState()
    }
    return flow
  })
}

function unknownState(): VaultError {
  return new VaultError('invalid_request', 'the state is unknown, used or too old', {
    nextAction: 'reauthorize',
    errors: [{ in: 'body', name: 'state', detail: 'is unknown, used or too old' }],
  })
}

function named(consent: TokenConsent, name: string | null): TokenConsent {
  return { ...consent, account: { ...consent.account, name: consent.account.name ?? name } }
}

async function attach(ports: Needs, flow: Flow, consent: TokenConsent) {
  try {
    return await ports.store.write(async (trx) =>
      writeGrant(ports, trx, consent, await findReplaced(trx, consent)),
    )
  } catch (error) {
    await discard(ports, flow, consent.arrival.tokens, consent.account)
    throw error
  }
}
