import { pressContinue } from './press-continue.ts'
import { createLink } from '../../src/vault/connect/create-link.ts'
import { finishPageFlow } from '../../src/vault/connect/finish-page-flow.ts'
import { linkDemand } from './link-demand.ts'
import { ACME, OPERATOR, type Stage } from './vault-stage.ts'
import type { LinkRequest } from '../../src/vault/connect/request-problems.ts'

/** Goes from a link to the end of the callback, by calling the use cases. */
export async function walkConsent(stage: Stage, demand: Partial<LinkRequest>) {
  const { link, url } = await createLink(stage.ports, OPERATOR, linkDemand(demand))
  const secret = url.split('/').at(-1) ?? ''
  const begun = await pressContinue(stage.ports, { secret, browserId: 'b', provider: ACME })
  const answer = await fetch(begun.url, { redirect: 'manual' })
  const callback = new Map(new URL(answer.headers.get('location') ?? '').searchParams)
  const end = await finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'b' })
  return { link, end }
}
