import type { IncomingMessage, ServerResponse } from 'node:http'
import { authorize } from './endpoints/authorize.ts'
import { answerRevoke } from './endpoints/revoke.ts'
import { answerToken } from './endpoints/token.ts'
import { answerUserinfo } from './endpoints/userinfo.ts'
import { applyCompanions } from './companions.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import { endpointOf, readRequest } from './read-request.ts'
import type { RequestRecord } from './request-log.ts'
import type { Endpoint, Script } from './rules.ts'
import { reset } from './wire/cut.ts'
import { perform } from './perform.ts'
import type { Asked, Outcome, Tweak, World } from './world.ts'

/** Handles one request: reads it, applies the rules, processes it and answers. */
export async function exchange(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', world.origin)
  const endpoint = endpointOf(url)
  if (endpoint === null) return void response.writeHead(404).end()
  const record = world.log.arrive(endpoint)
  response.once('close', () => world.log.closed(record))
  const early = takeScript(world, 'headers', { endpoint, record })
  if (early.main !== null) {
    record.misbehaviour = early.main.name
    return reset(request.socket, 0)
  }
  const asked = await readRequest(world, request, url)
  if (asked === null) return
  identify(world, record, asked)
  await follow(world, { record, asked, endpoint, response })
}

type Exchange = {
  readonly record: RequestRecord
  readonly asked: Asked
  readonly endpoint: Endpoint
  readonly response: ServerResponse
}

async function follow(
  world: World,
  { record, asked, endpoint, response }: Exchange,
): Promise<void> {
  const script = honest(takeScript(world, 'request', { endpoint, record }), asked)
  record.misbehaviour = nameOf(script)
  const company = applyCompanions(world, script.companions, record)
  await company.before('processing')
  const outcome = script.processed ? carryOut(world, { endpoint, asked, record }, script) : null
  company.once('processed')
  await company.before('answer')
  await perform(world, { record, asked, response, outcome, deed: script.main?.deed ?? null })
  company.once('answered')
}

/** An answer without a refresh token means that the old one stays, so a replaced one needs its successor. */
function honest(script: Script, { shown }: Asked): Script {
  const keepsToken = script.main?.deed.act === 'edit' && script.main.deed.rotates === false
  return keepsToken && shown?.standing === 'spent' ? { ...script, main: null } : script
}

function takeScript(
  world: World,
  stage: 'headers' | 'request',
  { endpoint, record }: { readonly endpoint: Endpoint; readonly record: RequestRecord },
): Script {
  const { grantType, family } = record
  return world.rules.take({ stage, endpoint, grantType, family, now: world.clock.now() })
}

function identify(world: World, record: RequestRecord, { params, shown }: Asked): void {
  record.grantType = params.get('grant_type') ?? null
  if (shown !== null) {
    const { kind, ordinal, standing } = shown
    record.presented = { kind, ordinal, standing }
  }
  world.log.identify(record, shown?.family ?? null)
}

const ENDPOINTS: Record<Endpoint, (world: World, asked: Asked, tweak: Tweak) => Outcome> = {
  authorize,
  token: answerToken,
  userinfo: answerUserinfo,
  revoke: answerRevoke,
}

function carryOut(
  world: World,
  { endpoint, asked, record }: Pick<Exchange, 'endpoint' | 'asked' | 'record'>,
  script: Script,
): Outcome {
  const outcome = ENDPOINTS[endpoint](world, asked, tweakOf(script.main?.deed ?? null))
  if (outcome.issued !== null) {
    const { access, refresh, family } = outcome.issued
    record.issued = { access, refresh, rotated: outcome.rotated }
    record.family ??= family.id
  }
  world.log.processed(record)
  return outcome
}

function tweakOf(deed: Misbehaviour | null): Tweak {
  if (deed?.act !== 'edit') return {}
  const { rotates, lifeSeconds } = deed
  return {
    ...(rotates === undefined ? {} : { rotates }),
    ...(lifeSeconds === undefined ? {} : { lifeSeconds }),
  }
}

function nameOf({ main, companions }: Script): string | null {
  const names = [...companions.map(({ name }) => name), ...(main === null ? [] : [main.name])]
  return names.length === 0 ? null : names.join('+')
}
