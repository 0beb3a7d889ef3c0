import { UNKNOWN_ACCOUNT } from '../../core/connection/account.ts'
import { matchesRule } from '../../core/refresh/classify-answer.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import { httpDate, retryAfterMs } from '../../core/base/retry-after.ts'
import type { CredentialsRequest } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareAttempt } from '../request/prepare-call.ts'
import { sendCredentials } from '../request/credentials-request.ts'
import type { EgressResult } from '../egress/egress.ts'
import { accountIn } from './identify.ts'
import { readBody } from '../answer/json-body.ts'
import type { CredentialsShape } from '../recipe/preset-fields.ts'
import { type OwnAddress } from '../request/address-of-connection.ts'
import { NOT_SENT, one } from '../answer/read-answer.ts'
import { keptValues, NO_SOURCES } from '../answer/received-tokens.ts'
import type { Means } from '../request/means.ts'

type Outcome = Exclude<AttemptOutcome, { kind: 'ok' }>

/**
 * Checks credentials with the preset's probe. If the preset has no probe, accepts them. Rejects
 * them only if the preset lists the answer as a refusal: other failures say nothing about the
 * credentials.
 */
export async function checkCredentials(
  means: Means,
  request: CredentialsRequest,
): Promise<Outcome> {
  const prepared = await prepareAttempt(means, { ...request, client: null })
  if (prepared.kind !== 'ok') return prepared
  const { call, own } = prepared
  const shape = call.recipe.credentials
  if (shape === undefined) {
    return { kind: 'client_config', detail: 'the provider takes no credentials any more' }
  }
  const target = call.endpoints.userinfo
  if (target === null) return { kind: 'confirmed', account: UNKNOWN_ACCOUNT, providerData: {} }
  const { credentials } = request
  const result = await sendCredentials(means, call, { credentials, target })
  return outcomeOf(result, call, { shape, own })
}

function outcomeOf(
  result: EgressResult,
  call: ProviderCall,
  { shape, own }: { readonly shape: CredentialsShape; readonly own: OwnAddress },
): Outcome {
  if (result.kind === 'not_sent') return { kind: 'not_sent', detail: NOT_SENT[result.reason] }
  if (result.kind === 'lost' || !result.complete) {
    return { kind: 'answer_lost', detail: 'the provider did not answer', began: false }
  }
  const { status, headers, sentAt } = result
  const { value: body } = readBody(result.body, '', 'json')
  if (shape.refused.some((rule) => matchesRule(rule, { status, body }))) {
    return { kind: 'grant_dead', detail: 'the provider refuses these credentials' }
  }
  const wait = retryAfterMs(one(headers['retry-after']), httpDate(one(headers['date'])) ?? sentAt)
  if (status === 429 || (status === 503 && wait !== null)) {
    return { kind: 'throttled', detail: 'the provider asks to slow down', retryAfterMs: wait }
  }
  if (status >= 500 || status === 408) {
    return { kind: 'provider_failed', detail: 'the provider answered with a server error' }
  }
  if (!isSuccess(call, { status, body })) {
    return { kind: 'client_config', detail: 'the probe of the provider does not work', ...own }
  }
  return {
    kind: 'confirmed',
    account: accountIn(withParams(body, call), call.recipe.account),
    providerData: keptValues(call.recipe, { ...NO_SOURCES, probe: body }),
  }
}

function isSuccess({ recipe }: ProviderCall, answer: { status: number; body: unknown }): boolean {
  if (answer.status < 200 || answer.status >= 300) return false
  const { success } = recipe.probe
  return success === undefined || matchesRule(success, answer)
}

/** Adds the template variables to the answer, as `$params`. */
function withParams(body: unknown, { variables }: ProviderCall): unknown {
  return isRecord(body) ? { ...body, $params: variables } : body
}
