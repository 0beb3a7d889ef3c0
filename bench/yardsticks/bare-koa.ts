import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { answerMessages } from '../support/child.ts'

/** Koa with a router and nothing else. It returns the bytes of its argument. */
const body = Buffer.from(process.argv[2] ?? '', 'base64')
const router = new Router()
router.get('/v1/connections/:id/token', (ctx) => {
  ctx.type = 'application/json'
  ctx.body = body
})
const app = new Koa()
app.use(router.routes())
const answer = app.callback()
const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => answerMessages(() => server.address()))
process.once('disconnect', () => process.exit(0))
