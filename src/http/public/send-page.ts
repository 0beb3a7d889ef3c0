import type { Context } from 'koa'
import type { Html } from './pages/html.ts'

export function sendPage(ctx: Context, page: Html, status: number): void {
  ctx.status = status
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = page.toString()
}

/**
 * Redirects with 303, because 307 would re-send the form (RFC 9700 §4.12). Sets the URL unchanged,
 * because it may have the custom scheme of an app. Adds an empty fragment if there is none:
 * otherwise the browser would copy the fragment of the previous URL, such as `#access_token=…` (RFC
 * 9110 §10.2.2).
 */
export function seeOther(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.set('Location', url.includes('#') ? url : `${url}#`)
  ctx.body = ''
}
