import { UNKNOWN_ACCOUNT } from '../../core/connection/account.ts'
import type { ExchangeOutcome, Flow } from '../../core/connect/flow.ts'
import type { Account } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import type { TokenConsent } from './write-grant.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { explained, misconfigured, unavailable } from '../refresh/refresh-problem.ts'
import { tokenIdOf } from '../connections/token-id.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers'>

/** The provider sent the user back with the error code `error`. */
export type RedeemRefusal = { readonly kind: 'refused'; readonly error: string }

export type Redeemed =
  | ({ readonly kind: 'consented' } & TokenConsent)
  | RedeemRefusal
  /** `problem` is for the app, `detail` for the log. */
  | { readonly kind: 'failed'; readonly problem: VaultError; readonly detail: string }

/**
 * Exchanges the code only once, because a second try may revoke the tokens of the first (RFC 6749
 * §4.1.2).
 */
export async function redeem(
  ports: Needs,
  flow: Flow,
  from: { readonly provider: Provider; readonly callback: ReadonlyMap<string, string> },
): Promise<Redeemed> {
  const { provider, callback } = from
  const { request, requestedScope, redirectUri } = flow
  const outcome = await ports.endpoint.exchange({
    provider: provider.id,
    client: request.client,
    params: request.params,
    redirectUri,
    callback,
    verifier: flow.verifier.open(),
    nonce: flow.nonce?.open() ?? null,
    requestedScope,
  })
  if (outcome.kind === 'refused') return outcome
  if (outcome.kind !== 'ok') {
    if (outcome.kind === 'unavailable' && outcome.tokens !== null) {
      await revokeReceived(ports, flow, outcome.tokens)
    }
    return { kind: 'failed', problem: exchangeProblem(outcome), detail: explained(outcome.detail) }
  }
  const { tokens, sentAt, account } = outcome
  const tokenId = tokenIdOf(ports, tokens.accessToken)
  const received = { kind: 'tokens', tokens, sentAt, tokenId } as const
  return { kind: 'consented', provider, request, requestedScope, received, account }
}

/** Runs `work`, which stores a consent. If `work` fails, revokes the received tokens. */
export async function storeOrRevoke<T>(
  ports: Needs,
  flow: Flow,
  { received, account }: TokenConsent,
  work: (trx: Writes) => Promise<T>,
): Promise<T> {
  try {
    return await ports.store.write(work)
  } catch (error) {
    await revokeReceived(ports, flow, received.tokens, account)
    throw error
  }
}

async function revokeReceived(
  ports: Needs,
  { provider, request: { client, params } }: Flow,
  { refreshToken, accessToken, providerData }: ReceivedTokens,
  account: Account = UNKNOWN_ACCOUNT,
): Promise<void> {
  const holder = { provider, client, params, providerData, account }
  await ports.store.write((trx) =>
    queueRevocation(ports, trx, { holder, refreshToken, accessToken }),
  )
}

function exchangeProblem(
  outcome: Exclude<ExchangeOutcome, { kind: 'ok' | 'refused' }>,
): VaultError {
  switch (outcome.kind) {
    case 'code_rejected':
      return new VaultError('invalid_request', 'the provider refused the code', {
        reason: 'invalid_grant',
        nextAction: 'reauthorize',
      })
    case 'untrusted':
      return new VaultError('invalid_request', `the answer is not trusted: ${outcome.detail}`, {
        reason: 'untrusted_answer',
        nextAction: 'reauthorize',
      })
    case 'client_config':
      return misconfigured(outcome.detail)
    case 'unavailable':
      return unavailable('provider_unavailable', 5_000, `nothing was connected: ${outcome.detail}`)
    default:
      return outcome satisfies never
  }
}
