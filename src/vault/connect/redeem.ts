import type { ExchangeOutcome, Flow } from '../../core/connect/flow.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Consent, TokenConsent } from './write-grant.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { explained, misconfigured, unavailable } from '../refresh/refresh-problem.ts'
import { tokenIdOf } from '../connections/token-id.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers'>

/** The provider sent the user back with an error: `error` is its code. */
export type RedeemRefusal = { readonly kind: 'refused'; readonly error: string }

/** Nothing came of it: what the host app is told, and what operators are. */
export type Unredeemed = {
  readonly kind: 'failed'
  readonly problem: VaultError
  readonly detail: string
}

/**
 * Redeems a callback, once: a code is good for one try, and a second one may revoke what the first
 * brought (RFC 6749 §4.1.2).
 */
export async function redeem(
  ports: Needs,
  flow: Flow,
  from: { readonly provider: Provider; readonly callback: ReadonlyMap<string, string> },
): Promise<({ readonly kind: 'consented' } & TokenConsent) | RedeemRefusal | Unredeemed> {
  const { provider, callback } = from
  const outcome = await ports.endpoint.exchange({
    provider: provider.id,
    client: flow.request.client,
    params: flow.request.params,
    redirectUri: flow.redirectUri,
    callback,
    verifier: flow.verifier.open(),
    nonce: flow.nonce?.open() ?? null,
    requestedScope: flow.requestedScope,
  })
  if (outcome.kind === 'refused') return outcome
  if (outcome.kind !== 'ok') {
    if (outcome.kind === 'unavailable' && outcome.tokens !== null) {
      await discard(ports, flow, outcome.tokens)
    }
    return { kind: 'failed', problem: exchangeProblem(outcome), detail: explained(outcome.detail) }
  }
  const { tokens, sentAt, account } = outcome
  const { request, requestedScope } = flow
  const tokenId = tokenIdOf(ports, tokens.accessToken)
  const arrival = { kind: 'tokens', tokens, sentAt, tokenId } as const
  return { kind: 'consented', provider, request, requestedScope, arrival, account }
}

/** Tokens that came and that nothing of ours will hold. */
export async function discard(
  ports: Needs,
  flow: Pick<Flow, 'provider' | 'request'>,
  tokens: ReceivedTokens,
  account: Consent['account'] = { id: null, email: null, name: null },
): Promise<void> {
  const { client, params } = flow.request
  const holder = {
    provider: flow.provider,
    client,
    params,
    providerData: tokens.providerData,
    account,
  }
  const { refreshToken, accessToken } = tokens
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
