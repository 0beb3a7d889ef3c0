import type { PublicListener } from '../../support/public-listener.ts'
import { ask, type Answered } from './ask.ts'

export const FORM = 'application/x-www-form-urlencoded'

export type Visit = {
  readonly cookie: string
  /** The hidden fields of the form, as a browser would send them. */
  readonly fields: Readonly<Record<string, string>>
}

/** What a browser has after opening the page. */
export async function visit(larder: PublicListener, path: string, cookie = ''): Promise<Visit> {
  const { headers, text } = await ask(larder.address, { path, headers: { cookie } })
  const set = (headers['set-cookie'] as string[] | undefined)?.[0] ?? ''
  const hidden = text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)
  const fields = Object.fromEntries([...hidden].map(([, name, value]) => [name, value]))
  return { cookie: set.slice(0, set.indexOf(';')), fields }
}

export function post(
  larder: PublicListener,
  path: string,
  fields: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  return ask(larder.address, {
    path,
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': FORM, ...headers },
  })
}

/** Presses Continue; the browser is then at the provider with this `state`. */
export async function pressContinue(
  larder: PublicListener,
  path: string,
): Promise<{ readonly cookie: string; readonly state: string }> {
  const { cookie, fields } = await visit(larder, path)
  const { headers } = await post(larder, path, fields, { cookie })
  return { cookie, state: stateOf(headers['location']) }
}

export function stateOf(location: unknown): string {
  return new URL(String(location)).searchParams.get('state') ?? ''
}
