import { type Caller, reaches } from '../../core/base/access.ts'
import type { Flow } from '../../core/connect/flow.ts'
import { callbackProblem } from '../../core/connect/callback-error.ts'
import { completed } from '../../core/connection/account.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { UserId } from '../../core/base/ids.ts'
import { type ConnectNeeds, findReplaced, writeGrant } from './write-grant.ts'
import type { NewGrantChange } from '../refresh/record-change.ts'
import { connectFailureOf, refusalDetail } from './connect-failure.ts'
import { digest } from '../../core/base/digest.ts'
import { redeem, type Redeemed, storeOrRevoke } from './redeem.ts'
import { reportConnected } from './report-connected.ts'

export type ApiCallback = {
  /** The user whose session received the callback, as the app reports. */
  readonly userId: UserId
  /** Every parameter of the callback. Presets store or compare some of them. */
  readonly callback: ReadonlyMap<string, string>
  /** A name for the account, used if the provider states none. */
  readonly name: string | null
}

/**
 * Exchanges the code of a callback that the app received. The user must be the user of the flow.
 */
export async function finishApiFlow(
  ports: ConnectNeeds,
  caller: Caller,
  received: ApiCallback,
): Promise<{ readonly connection: LiveConnection; readonly appState: string | null }> {
  const flow = await takeFlow(ports, caller, received.callback.get('state') ?? '')
  const written = await redeemAndWrite(ports, flow, received)
  reportConnected(ports, written, 'headless')
  return { connection: written.connection, appState: flow.request.state }
}

/**
 * If the API key may not use the flow, the transaction is rolled back and the flow stays unused.
 */
function takeFlow(ports: ConnectNeeds, caller: Caller, state: string): Promise<Flow> {
  return ports.store.write(async (trx) => {
    const flow = await trx.takeFlow(digest(state), null, ports.clock.now())
    if (flow === null) throw unknownState()
    const { userId } = flow.request
    if (!reaches(caller, { userId, provider: flow.provider })) throw unknownState()
    return flow
  })
}

function unknownState(): VaultError {
  return new VaultError('invalid_request', 'the state is unknown, used or too old', {
    nextAction: 'reauthorize',
    errors: [{ in: 'body', name: 'state', detail: 'is unknown, used or too old' }],
  })
}

async function redeemAndWrite(
  ports: ConnectNeeds,
  flow: Flow,
  received: ApiCallback,
): Promise<NewGrantChange> {
  let detail: string | undefined
  try {
    const redeemed = await redeemFor(ports, flow, received)
    if (redeemed.kind === 'consented') {
      return await storeOrRevoke(ports, flow, redeemed, async (trx) =>
        writeGrant(ports, trx, redeemed, await findReplaced(trx, redeemed)),
      )
    }
    detail = redeemed.detail
    throw redeemed.problem
  } catch (error) {
    const failure = connectFailureOf(error)
    const { provider } = flow
    detail ??= failure.detail
    ports.observer.connectFailed({ provider, how: 'headless', code: failure.code, detail })
    throw error
  }
}

async function redeemFor(
  ports: ConnectNeeds,
  flow: Flow,
  { userId, callback, name }: ApiCallback,
): Promise<Exclude<Redeemed, { kind: 'refused' }>> {
  if (flow.request.userId !== userId) {
    throw new VaultError('confirmation_refused', 'the callback came in the session of another user')
  }
  const provider = ports.providers.get(flow.provider)
  if (provider === undefined) throw unknownState()
  const redeemed = await redeem(ports, flow, { provider, callback })
  if (redeemed.kind === 'consented') {
    return { ...redeemed, account: completed(redeemed.account, { id: null, email: null, name }) }
  }
  if (redeemed.kind === 'failed') return redeemed
  const detail = refusalDetail(redeemed, flow.requestedScope)
  const isScope = redeemed.error === 'invalid_scope'
  const message = `the provider sent the user back without a code${isScope ? `: ${detail}` : ''}`
  const { word: reason, ...why } = callbackProblem(redeemed.error, provider)
  const problem = new VaultError('invalid_request', message, { reason, ...why })
  return { kind: 'failed', problem, detail }
}
