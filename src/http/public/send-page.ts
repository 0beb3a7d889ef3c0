import type { Context } from 'koa'
import type { Html } from './pages/html.ts'

export function sendPage(ctx: Context, page: Html, status: number): void {
  ctx.status = status
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = page.toString()
}

/**
 * RFC 9700 §4.12: never 307, which would send the form on. The address is set as it stands, for it
 * may be of an app's own scheme. It always has a fragment, if only an empty one: else the browser adds
 * that of the address before, such as the provider's `#access_token=…` (RFC 9110 §10.2.2).
 */
export function seeOther(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.set('Location', url.includes('#') ? url : `${url}#`)
  ctx.body = ''
}
