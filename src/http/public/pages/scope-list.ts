import { type Html, html } from './html.ts'

/** The scopes that OpenID Connect defines (OpenID Connect Core 1.0 §5.4, §11). */
const IN_WORDS: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name and picture',
  email: 'See your e-mail address',
  address: 'See your postal address',
  phone: 'See your phone number',
  offline_access: 'Keep access while you are away',
}

/**
 * Lists the requested scopes by their names at the provider, because the provider's page explains
 * them.
 */
export function scopeList(scopes: readonly string[]): Html {
  return html`<ul class="scopes">
    ${scopes.map((scope) => html`<li>${describe(scope)}</li>`)}
  </ul>`
}

function describe(scope: string): Html {
  const words = Object.hasOwn(IN_WORDS, scope) ? IN_WORDS[scope] : undefined
  if (words !== undefined) return html`${words} <code>${scope}</code>`
  const url = /^https?:\/\/([^/]+)\/(?:.*\/)?([^/]+)$/.exec(scope)
  if (url === null) return html`<code class="name">${scope}</code>`
  // A scope that is a URL: show its last segment first, then its host.
  return html`<code class="name">${url[2] ?? ''}</code> <code>${url[1] ?? ''}</code>`
}
