import type { LarderApi } from '../support/larder-api.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import { walkLink } from '../support/walk-link.ts'
import type { Operation } from './pace.ts'

export const REDIRECT_URL = 'https://app.example.com/oauth'

/** Maximum number of short-lived connections. The load deletes the oldest of more. */
const MOST_SHORT_LIVED = 50

type Stage = { readonly api: LarderApi; readonly provider: ScriptedProvider }

/** The requests of an app, with the rare ones far more often than usual. */
export function mixedLoad(stage: Stage, held: readonly string[]): readonly Operation[] {
  const shortLived: string[] = []
  const poll = { after: '' }
  const one = (n: number): string => held[n % held.length] ?? ''
  return [
    {
      name: 'reads',
      perSecond: 200,
      run: (n) => expecting(200, stage.api.get(`/v1/connections/${one(n * 7)}/token`)),
    },
    {
      name: 'forced refreshes',
      perSecond: 20,
      run: (n) => expecting(200, stage.api.post(`/v1/connections/${one(n)}/refresh`)),
    },
    { name: 'links and consents', perSecond: 1, run: (n) => connect(stage, n, shortLived) },
    { name: 'imports', perSecond: 1, run: () => importOne(stage, shortLived) },
    { name: 'deletions', perSecond: 2, run: () => deleteOldest(stage, shortLived) },
    { name: 'keys', perSecond: 0.5, run: (n) => makeAndRevokeKey(stage, n) },
    { name: 'polls of events', perSecond: 4, run: () => pollEvents(stage, poll) },
    { name: 'lists', perSecond: 1, run: () => expecting(200, stage.api.get('/v1/connections')) },
    { name: 'metrics', perSecond: 0.2, run: () => expecting(200, stage.api.get('/metrics')) },
  ]
}

export async function importOne({ api, provider }: Stage, into: string[]): Promise<void> {
  const [grant] = await provider.mintGrants(1)
  if (grant === undefined) throw new Error('no grant was minted')
  const { family, account, accessToken, refreshToken, expiresInSeconds } = grant
  const { status, body } = await api.post('/v1/connections', {
    userId: family,
    provider: 'acme',
    accessToken,
    refreshToken,
    expiresInSeconds,
    accountId: account.id,
  })
  if (status !== 201) throw new Error(`import: ${status}`)
  into.push((body as { readonly id: string }).id)
}

async function connect({ api }: Stage, n: number, into: string[]): Promise<void> {
  const demand = { userId: `user-${n}`, providers: ['acme'], redirectUrl: REDIRECT_URL }
  const { url } = await api.createLink(demand)
  const back = await walkLink(url)
  const id = back.searchParams.get('connectionId')
  if (id === null) throw new Error(`consent: ${back.searchParams.get('errorCode') ?? 'no id'}`)
  into.push(id)
}

async function deleteOldest({ api }: Stage, shortLived: string[]): Promise<void> {
  const id = shortLived.length > MOST_SHORT_LIVED ? shortLived.shift() : undefined
  if (id !== undefined) await expecting(200, api.ask('DELETE', `/v1/connections/${id}`))
}

async function makeAndRevokeKey({ api }: Stage, n: number): Promise<void> {
  const made = await api.post('/v1/keys', { name: `key ${n}`, permissions: ['tokens:read'] })
  if (made.status !== 201) throw new Error(`key: ${made.status}`)
  const { id } = made.body as { readonly id: string }
  await expecting(204, api.ask('DELETE', `/v1/keys/${id}`))
}

async function pollEvents({ api }: Stage, poll: { after: string }): Promise<void> {
  const after = poll.after === '' ? '' : `&after=${poll.after}`
  const { status, body } = await api.get(`/v1/events?limit=100${after}`)
  if (status !== 200) throw new Error(`events: ${status}`)
  poll.after = (body as { readonly nextCursor: string }).nextCursor
}

async function expecting(
  status: number,
  asked: Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<void> {
  const answer = await asked
  if (answer.status === status) return
  const { code = '' } = (answer.body ?? {}) as { readonly code?: string }
  throw new Error(`${answer.status} ${code}`)
}
