import type { Context } from 'koa'
import type { Html } from './pages/html.ts'

export function sendPage(ctx: Context, page: Html, status: number): void {
  ctx.status = status
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = page.toString()
}

/**
 * Redirects with 303; 307 would re-send the form (RFC 9700 §4.12). The address may have an app's
 * own scheme, so it is set unchanged. It always has a fragment, even an empty one: otherwise the
 * browser adds that of the previous address, such as `#access_token=…` (RFC 9110 §10.2.2).
 */
export function seeOther(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.set('Location', url.includes('#') ? url : `${url}#`)
  ctx.body = ''
}
