import { openEgress, type OutgoingRequest } from '../../../src/oauth/egress/egress.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { startRawServer } from '../../odd-servers/raw-server.ts'

export type Answer = Parameters<typeof startRawServer>[0]

export const request = (url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=refresh_token&refresh_token=secret',
  reach: 'loopback',
  deadlineMs: 2_000,
  ...more,
})

export const resolving = (addresses: Record<string, string[]>) => {
  const asked: string[] = []
  const addressesOf = async (name: string) => {
    asked.push(name)
    return (addresses[name] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
  }
  return { asked, addressesOf }
}

export async function exchangeWith(answer: Answer, more: Partial<OutgoingRequest> = {}) {
  await using server = await startRawServer(answer)
  const egress = await openEgress({ clock: systemClock })
  const result = await egress.send(request(`${server.url}/token`, more))
  return { result, requests: [...server.requests] }
}

export const bodyOf = (result: Awaited<ReturnType<typeof exchangeWith>>['result']) =>
  result.kind === 'answered' ? Buffer.from(result.body).toString() : null
