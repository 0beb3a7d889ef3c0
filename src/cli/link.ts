import type { Ask } from './daemon-client.ts'
import { printJson, printLine, tell } from './print.ts'

export type LinkOptions = {
  readonly json: boolean
  readonly redirectUrl?: string
  readonly ttlSeconds?: number
  readonly connection?: string
}

type Link = { readonly id: string; readonly url: string; readonly expiresAt: string }

/** Prints only the URL to standard output, so that other commands can read it. */
export async function makeLink(
  ask: Ask,
  wanted: { readonly userId: string; readonly provider: string },
  options: LinkOptions,
): Promise<void> {
  const { redirectUrl, ttlSeconds, connection } = options
  const body = { ...wanted, redirectUrl, ttlSeconds, connectionId: connection }
  const link = await ask<Link>({ method: 'POST', path: '/v1/connect-links', body })
  if (options.json) return printJson(link)
  printLine(link.url)
  tell(`${link.id} works for one connection until ${link.expiresAt}`)
}
