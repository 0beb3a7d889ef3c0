import type { Context, Middleware } from 'koa'
import { StoreError, VaultError } from '../../core/base/errors.ts'
import type { Random } from '../../ports/ports.ts'
import type { PageFrame } from './pages/layout.ts'
import { type Notice, noticePage, noticeStatus } from './pages/notice-page.ts'
import { sendPage } from './send-page.ts'
import type { Events } from '../../observe/observed-events.ts'

/** A refusal that only a browser can cause, or a refusal with a retry link. */
export class PageRefusal extends Error {
  readonly notice: Notice
  /** A path on this site where the user may try again. */
  readonly retry: string | null

  constructor(notice: Notice, more: { readonly retry?: string; readonly cause?: unknown } = {}) {
    super(notice, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'PageRefusal'
    this.notice = notice
    this.retry = more.retry ?? null
  }
}

/**
 * Converts errors of the routes to pages. If the user cannot correct the fault, logs it with the
 * reference that the page shows.
 */
export function failurePages(
  frame: PageFrame,
  reporting: { readonly random: Random; readonly events: Pick<Events, 'requestFailed'> },
): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const notice = sortFailure(thrown)
      const status = noticeStatus(notice)
      const error = thrown instanceof PageRefusal ? (thrown.cause ?? thrown) : thrown
      const retry = thrown instanceof PageRefusal ? thrown.retry : null
      const reference = status >= 500 ? report(ctx, error, reporting) : null
      setFailureHeaders(ctx, status, error)
      sendPage(ctx, noticePage(frame, notice, { provider: null, retry, reference }), status)
    }
  }
}

function report(
  ctx: Context,
  error: unknown,
  { random, events }: { readonly random: Random; readonly events: Pick<Events, 'requestFailed'> },
): string {
  const requestId = Buffer.from(random.bytes(8)).toString('hex')
  // Log the route pattern, because the path contains the secret of the link.
  const route = `${ctx.method} ${(ctx['_matchedRoute'] as string | undefined) ?? '-'}`
  events.requestFailed({ requestId, route, error })
  return requestId
}

function setFailureHeaders(ctx: Context, status: number, error: unknown): void {
  if (status === 405) ctx.set('Allow', methodsOf(ctx).join(', '))
  // Node must not parse the unread rest of the body as the next request.
  if (status === 413 || status === 415) ctx.set('Connection', 'close')
  if (status === 503) {
    const asked = error instanceof VaultError ? error.extras.retryAfterSeconds : undefined
    ctx.set('Retry-After', String(Math.max(1, Math.ceil(asked ?? 5))))
  }
}

/** The methods of the routes at this path. */
function methodsOf(ctx: Context): readonly string[] {
  const matched = (ctx['matched'] ?? []) as readonly { readonly methods: readonly string[] }[]
  return [...new Set(matched.flatMap(({ methods }) => methods))].toSorted()
}

function sortFailure(error: unknown): Notice {
  if (error instanceof PageRefusal) return error.notice
  if (error instanceof StoreError) return 'storage_unavailable'
  return error instanceof VaultError ? error.code : 'internal'
}
