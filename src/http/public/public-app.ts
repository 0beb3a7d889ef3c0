import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import { LONGEST_CALLBACK } from './callback-size.ts'
import { STYLESHEET, STYLESHEET_NAME } from './pages/style.ts'
import { receiveCallback, receiveFormPost } from './callback-routes.ts'
import { showConnectPage, startConnecting } from './connect-routes.ts'
import { failurePages, PageRefusal } from './failure-pages.ts'
import { RunningCallbacks } from './running-callbacks.ts'
import { securityHeaders } from './security-headers.ts'
import { type PublicPorts, type PublicSite, publicSite } from './site.ts'
import type { Events } from '../../observe/observed-events.ts'

const LONGEST_URL = 4 * 1024
const LONGEST_CALLBACK_URL = LONGEST_CALLBACK + 1024
const YEAR_SECONDS = 31_536_000

/**
 * The application for browsers: connect page, form, callbacks, stylesheet. It has no route of the
 * private API. It takes its own address only from the settings, never from headers.
 */
export function createPublicApp(ports: PublicPorts, events: Pick<Events, 'requestFailed'>): Koa {
  const site = publicSite(ports.policy.publicUrl)
  const app = new Koa({ proxy: false })
  // `failurePages` handles every route error. The only other errors are closed connections.
  app.silent = true
  app.use(securityHeaders)
  app.use(failurePages(site, { random: ports.random, events }))
  app.use(underBase(site))
  app.use(limits)
  app.use(createRouter(ports, site).routes())
  app.use(nothingThere)
  return app
}

function createRouter(ports: PublicPorts, site: PublicSite): Router {
  const running = new RunningCallbacks()
  const router = new Router({ sensitive: true, strict: true })
  router.get('/connect/:secret', (ctx) => showConnectPage(ctx, ports, site))
  router.post('/connect/:secret', (ctx) => startConnecting(ctx, ports, site))
  router.get('/callback/:provider', (ctx) => receiveCallback(ctx, ports, { site, running }))
  router.post('/callback/:provider', (ctx) => receiveFormPost(ctx, ports, site))
  router.get('/robots.txt', sendRobots)
  router.get(`/assets/${STYLESHEET_NAME}`, sendStylesheet)
  return router
}

const limits: Middleware = (ctx, next) => {
  const longest = ctx.path.startsWith('/callback/') ? LONGEST_CALLBACK_URL : LONGEST_URL
  if (ctx.url.length > longest) throw new PageRefusal('address_too_long')
  return next()
}

/** Removes the path prefix of the public URL, because the proxy forwards it. */
function underBase(site: PublicSite): Middleware {
  return (ctx, next) => {
    // Crawlers request this file only at the root.
    if (ctx.path === '/robots.txt') return next()
    if (!ctx.path.startsWith(`${site.base}/`)) throw new PageRefusal('page_not_found')
    ctx.path = ctx.path.slice(site.base.length)
    return next()
  }
}

function sendRobots(ctx: Context): void {
  ctx.type = 'text/plain; charset=utf-8'
  ctx.body = 'User-agent: *\nDisallow: /\n'
}

function sendStylesheet(ctx: Context): void {
  ctx.set('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`)
  ctx.type = 'text/css; charset=utf-8'
  ctx.body = STYLESHEET
}

const nothingThere: Middleware = (ctx) => {
  const known = (ctx['matched'] as readonly unknown[] | undefined) ?? []
  throw new PageRefusal(known.length > 0 ? 'method_not_allowed' : 'page_not_found')
}
