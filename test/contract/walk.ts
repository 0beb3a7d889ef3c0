import type { ConnectionId, UserId } from '../../src/core/base/ids.ts'
import { pressContinue } from '../support/press-continue.ts'
import { createLink } from '../../src/vault/connect/create-link.ts'
import { finishPageFlow } from '../../src/vault/connect/finish-page-flow.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import { type ContractStage, HOME, USER } from './contract-stage.ts'

const BROWSER = 'browser-1'

export type Way = {
  readonly userId?: UserId
  readonly connectionId?: ConnectionId
  /** Changes the parameters of the callback. */
  readonly onTheWay?: (callback: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
}

/** Goes from a new link through the provider's page. Returns the URL at which the user ends. */
export async function walk(stage: ContractStage, way: Way = {}): Promise<URL> {
  const { ports, id, dialect } = stage
  const { scopes } = dialect
  const { url: link } = await createLink(ports, OPERATOR, {
    ...NOTHING,
    userId: way.userId ?? USER,
    providers: [id],
    redirectUrl: HOME,
    // If the vendor has no scopes, Larder must not send any, even if the link names one.
    scope: scopes === null ? ['anything'] : scopes.ask,
    connectionId: way.connectionId ?? null,
  })
  const secret = link.split('/').at(-1) ?? ''
  const { url } = await pressContinue(ports, { secret, browserId: BROWSER, provider: id })
  const back = await stage.consent(url)
  const callback = way.onTheWay === undefined ? back : way.onTheWay(back)
  const end = await finishPageFlow(ports, { provider: id, callback, browserId: BROWSER })
  if (end.kind !== 'redirect') throw new Error(`the walk ends with ${end.kind}`)
  return new URL(end.url)
}

/** Connects a user. Throws the vendor's complaints, if there are any. */
export async function connect(stage: ContractStage, way: Way = {}): Promise<ConnectionId> {
  const home = await walk(stage, way)
  const { complaints } = stage.vendor
  if (complaints.length > 0) throw new Error(`${stage.id} refuses: ${complaints.join('; ')}`)
  const connectionId = home.searchParams.get('connectionId')
  if (connectionId === null) {
    const broke = stage.observed.find(({ what }) => what === 'connectBroke')?.about['error']
    throw new Error(`not connected: ${home.search}`, { cause: broke })
  }
  return connectionId as ConnectionId
}

const NOTHING = {
  scope: null,
  email: null,
  expectedAccount: null,
  state: null,
  label: null,
  displayName: null,
  metadata: null,
  client: null,
  params: {},
  ttlSeconds: 900,
  confirm: null,
} as const
