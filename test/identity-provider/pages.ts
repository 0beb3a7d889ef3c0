import type Provider from 'oidc-provider'
import type { Context } from 'koa'

export type InteractionOptions = {
  readonly account: { readonly id: string; readonly name: string }
  /** The sign-in page on another origin; null for the provider's own page. */
  readonly upstream: () => string | null
  readonly autoConsent: () => boolean
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

/** Serves the login and consent pages, or redirects without them if consent is automatic. */
export function interactionPages(provider: Provider, options: InteractionOptions) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    const match = /^\/interaction\/[\w-]+(\/signed-in)?$/.exec(ctx.path)
    if (!match) return next()
    const details = await provider.interactionDetails(ctx.req, ctx.res)
    const choice = await chosen(ctx, details, { ...options, signedIn: match[1] !== undefined })
    if (choice === null) return show(ctx, details, options)
    const upstream = options.upstream()
    if (choice === 'go-upstream' && upstream !== null) {
      const back = `${provider.issuer}${ctx.path}/signed-in`
      return ctx.redirect(`${upstream}/login?return=${encodeURIComponent(back)}`)
    }
    ctx.respond = false
    const result = await resultOf(provider, details, choice, options.account.id)
    return provider.interactionFinished(ctx.req, ctx.res, result)
  }
}

type Choice = 'sign-in' | 'go-upstream' | 'allow' | 'deny'

async function chosen(
  ctx: Context,
  details: Details,
  options: InteractionOptions & { readonly signedIn: boolean },
): Promise<Choice | null> {
  if (details.prompt.name === 'login') {
    if (options.signedIn) return 'sign-in'
    if (options.upstream() !== null) return 'go-upstream'
    return ctx.method === 'POST' || options.autoConsent() ? 'sign-in' : null
  }
  if (ctx.method === 'POST') {
    return (await formOf(ctx)).get('choice') === 'deny' ? 'deny' : 'allow'
  }
  return options.autoConsent() ? 'allow' : null
}

async function resultOf(provider: Provider, details: Details, choice: Choice, accountId: string) {
  if (choice === 'sign-in') return { login: { accountId } }
  if (choice === 'deny') {
    return { error: 'access_denied', error_description: 'the user <b>refused</b>' }
  }
  const grant = new provider.Grant({ accountId, clientId: text(details.params['client_id']) })
  grant.addOIDCScope(text(details.params['scope']))
  return { consent: { grantId: await grant.save() } }
}

function text(param: unknown): string {
  return typeof param === 'string' ? param : ''
}

function show(ctx: Context, details: Details, options: InteractionOptions): void {
  ctx.type = 'html'
  ctx.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  ctx.body =
    details.prompt.name === 'login'
      ? page('Sign in', '<button name="choice" value="sign-in">Sign in</button>')
      : page(
          `Allow access for ${options.account.name}?`,
          `<button name="choice" value="allow">Allow</button>
           <button name="choice" value="deny">Deny</button>`,
        )
}

export function page(title: string, buttons: string): string {
  return `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>
    <form method="post">${buttons}</form></html>`
}

async function formOf(ctx: Context): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
