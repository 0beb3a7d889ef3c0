import type { ConnectionId, LinkId, UserId } from '../../../src/core/base/ids.ts'
import { pressContinue } from '../../support/press-continue.ts'
import { beginApiFlow } from '../../../src/vault/connect/begin-api-flow.ts'
import { finishApiFlow } from '../../../src/vault/connect/finish-api-flow.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { linkDemand } from '../../support/link-demand.ts'
import { ACME, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import type { LinkRequest } from '../../../src/vault/connect/request-problems.ts'

const HOME = 'https://app.example.com/oauth'
export const USER = 'user-1' as UserId
export const MINUTE = 60_000

type Link = { readonly id: LinkId; readonly secret: string }

export async function makeLink(stage: Stage, demand: Partial<LinkRequest> = {}): Promise<Link> {
  const wish = linkDemand({ redirectUrl: HOME, ...demand })
  const { link, url } = await createLink(stage.ports, OPERATOR, wish)
  return { id: link.id, secret: url.split('/').at(-1) ?? '' }
}

/** Presses Continue and consents, and returns the callback's parameters. */
export async function atProvider(
  stage: Stage,
  link: Link,
  browserId: string,
): Promise<ReadonlyMap<string, string>> {
  const { url } = await pressContinue(stage.ports, {
    secret: link.secret,
    browserId,
    provider: ACME,
  })
  return consent(url)
}

async function consent(url: string): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(url, { redirect: 'manual' })
  return new Map(new URL(answer.headers.get('location') ?? '').searchParams)
}

export async function walk(stage: Stage, link: Link): Promise<URL> {
  const callback = await atProvider(stage, link, 'browser-1')
  const end = await finishPageFlow(stage.ports, {
    provider: ACME,
    callback,
    browserId: 'browser-1',
  })
  if (end.kind !== 'redirect') throw new Error(`ended with ${end.kind}`)
  return new URL(end.url)
}

/** Completes the flow with the parameters that the app's callback received. */
export function complete(
  stage: Stage,
  caller: typeof OPERATOR,
  {
    userId,
    name,
    ...fields
  }: { userId: UserId; name: string | null } & Record<string, string | null>,
) {
  const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== null)
  return finishApiFlow(stage.ports, caller, { userId, name, callback: new Map(given) })
}

/** Begins a flow by the API and consents. Returns the demand with which the app completes it. */
export async function headless(stage: Stage) {
  const flow = {
    userId: USER,
    provider: ACME,
    callbackUrl: `${HOME}/callback`,
    email: null,
    scope: null,
    params: {},
    state: 'of the app',
  }
  const { url, state } = await beginApiFlow(stage.ports, OPERATOR, flow)
  const code = (await consent(url)).get('code') ?? ''
  return { userId: USER, state, code, iss: null, error: null, name: null }
}

export function read(stage: Stage, home: URL) {
  const id = (home.searchParams.get('connectionId') ?? '') as ConnectionId
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}
