import type { ProviderCall } from './prepare-call.ts'
import { ownAddress } from './address-of-connection.ts'
import { readAnswer, type Reading } from '../answer/read-answer.ts'
import { sendTokenRequest } from './send-request.ts'
import type { TokenGrant } from '../answer/token-grant.ts'
import type { Means } from './means.ts'

/**
 * Requests tokens with each secret of the client in turn until the provider accepts one. A retry is
 * safe, because a failed client authentication does not change the grant.
 */
export async function requestTokens(
  means: Means,
  call: ProviderCall,
  grant: TokenGrant,
): Promise<Reading> {
  const { secrets } = call.client
  let index = 0
  let reading = await request(means, call, { grant, secret: secrets[0] ?? null })
  while (blamesSecret(reading) && index + 1 < secrets.length && call.remainingMs() > 1) {
    index++
    // oxlint-disable-next-line no-await-in-loop -- tries the next secret only if this one is refused
    reading = await request(means, call, { grant, secret: secrets[index] ?? null })
  }
  if (call.client.isConfigured && reading.verdict.kind === 'ok') {
    means.secretsInUse.accept(call.provider.id, secrets, index)
  }
  return reading
}

async function request(
  means: Means,
  call: ProviderCall,
  { grant, secret }: { grant: TokenGrant; secret: ProviderCall['client']['secrets'][number] },
): Promise<Reading> {
  const sent = await sendTokenRequest(means, call, grant, secret)
  if (sent === null) return misfit(means)
  const { params, providerData } = call
  if (!ownAddress(means, { provider: call.provider.id, params, providerData }).isOwn) {
    means.faults.noteEndpoint(call.provider.id, sent.result)
  }
  const reading = readAnswer(sent, call.recipe)
  if (reading.providerNow !== null) {
    means.clockSkewsMs.set(call.provider.id, reading.providerNow - means.clock.now())
  }
  return reading
}

function misfit(means: Means): Reading {
  const detail = 'the client secret is not the key that this provider wants'
  const nothing = { status: null, providerNow: null, body: null, tokens: null }
  const verdict = { kind: 'client_config', detail } as const
  return { ...nothing, verdict, isForOperator: true, sentAt: means.clock.now() }
}

/** Whether another secret may help. Another secret cannot help if the URL is wrong. */
function blamesSecret({ verdict, status }: Reading): boolean {
  if (verdict.kind !== 'client_config' || status === null) return false
  return status < 300 || (status >= 400 && status !== 404 && status !== 405)
}
