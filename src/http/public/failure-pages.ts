import type { Context, Middleware } from 'koa'
import { type ErrorCode, StoreError, VaultError } from '../../core/base/errors.ts'
import type { Events } from '../../observe/events.ts'
import type { Random } from '../../ports/ports.ts'
import type { PageFrame } from './pages/layout.ts'
import { type PageProblem, problemPage, problemStatus } from './pages/problem-page.ts'
import { sendPage } from './send-page.ts'

/** A refusal that only browsers meet, or one that says where to try again. */
export class PageRefusal extends Error {
  readonly problem: PageProblem
  /** A path of ours where the user may try again. */
  readonly retry: string | null

  constructor(
    problem: PageProblem,
    more: { readonly retry?: string; readonly cause?: unknown } = {},
  ) {
    super(problem, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'PageRefusal'
    this.problem = problem
    this.retry = more.retry ?? null
  }
}

/** Whatever is thrown below becomes a page. What the user cannot put right is logged, and says where. */
export function failurePages(
  frame: PageFrame,
  reporting: { readonly random: Random; readonly events: Pick<Events, 'requestFailed'> },
): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const problem = sortFailure(thrown)
      const status = problemStatus(problem)
      const error = thrown instanceof PageRefusal ? (thrown.cause ?? thrown) : thrown
      const retry = thrown instanceof PageRefusal ? thrown.retry : null
      const reference = status >= 500 ? report(ctx, error, reporting) : null
      setFailureHeaders(ctx, status, error)
      sendPage(ctx, problemPage(frame, problem, { retry, reference }), status)
    }
  }
}

function report(
  ctx: Context,
  error: unknown,
  { random, events }: { readonly random: Random; readonly events: Pick<Events, 'requestFailed'> },
): string {
  const requestId = Buffer.from(random.bytes(8)).toString('hex')
  // The route's pattern: the path itself holds the link's secret.
  const route = `${ctx.method} ${(ctx['_matchedRoute'] as string | undefined) ?? '-'}`
  events.requestFailed({ requestId, route, error })
  return requestId
}

function setFailureHeaders(ctx: Context, status: number, error: unknown): void {
  if (status === 405) ctx.set('Allow', methodsOf(ctx).join(', '))
  // What is left of a body that nobody reads must not be taken for the next request.
  if (status === 413 || status === 415) ctx.set('Connection', 'close')
  if (status === 503) {
    const asked = error instanceof VaultError ? error.extras.retryAfterSeconds : undefined
    ctx.set('Retry-After', String(Math.max(1, Math.ceil(asked ?? 5))))
  }
}

/** Those of the routes at this path. */
function methodsOf(ctx: Context): readonly string[] {
  const matched = (ctx['matched'] ?? []) as readonly { readonly methods: readonly string[] }[]
  return [...new Set(matched.flatMap(({ methods }) => methods))].toSorted()
}

function sortFailure(error: unknown): PageProblem {
  if (error instanceof PageRefusal) return error.problem
  if (error instanceof StoreError) return 'unavailable'
  return error instanceof VaultError ? (BY_CODE[error.code] ?? 'internal') : 'internal'
}

/** A code that is not here cannot be a browser's doing. */
const BY_CODE: Readonly<Partial<Record<ErrorCode, PageProblem>>> = {
  invalid_request: 'bad_form',
  not_found: 'link_not_found',
  method_not_allowed: 'method_not_allowed',
  link_used: 'link_used',
  link_expired: 'link_expired',
  link_superseded: 'link_superseded',
  link_withdrawn: 'link_withdrawn',
  payload_too_large: 'too_large',
  unsupported_media_type: 'not_a_form',
  provider_misconfigured: 'provider_misconfigured',
  provider_unavailable: 'provider_unavailable',
  storage_unavailable: 'unavailable',
}
