import type { Instant } from '../../../core/base/ids.ts'
import type { OpenedLink } from '../../../vault/connect/open-link.ts'
import { type AskingApp, askingApp } from './asking-app.ts'
import { type Asking, credentialsFields } from './credentials-fields.ts'
import { type Content, type Html, html } from './html.ts'
import { layout, type PageFrame } from './layout.ts'
import { scopeList } from './scope-list.ts'
import { timeLeft } from './time-left.ts'

export type ConnectForm = {
  readonly action: string
  readonly token: string
  /** Why the submitted form was not accepted. */
  readonly complaint: string | null
  /** The user name that the user entered. */
  readonly username: string | null
}

type Choice = OpenedLink['providers'][number]

/** Shows which app asks, for which user and scopes, when the link expires, and one button. */
export function connectPage(
  frame: PageFrame,
  opened: OpenedLink,
  shown: { readonly form: ConnectForm; readonly now: Instant },
): Html {
  const { link, providers } = opened
  const app = askingApp(link.redirectUrl)
  const only = providers.length === 1 ? (providers[0] ?? null) : null
  const verb = link.request.connectionId === null ? 'Connect' : 'Reconnect'
  const asking = {
    username: shown.form.username ?? link.request.email,
    isRefused: shown.form.complaint !== null,
  }
  const heading =
    only === null ? `${verb} an account` : `${verb} your ${only.provider.name} account`
  return layout(frame, {
    title: app.name === null ? heading : `${heading} to ${app.name}`,
    body: html`
      ${pair(app, providers)}
      <h1>${heading}</h1>
      ${lead(app, only)} ${facts(opened, app, shown.now)}
      <form method="post" action="${shown.form.action}">
        <input type="hidden" name="token" value="${shown.form.token}" />
        ${complaint(shown.form)} ${only === null ? choices(providers) : single(only, asking)}
        <button type="submit">${button(only)}</button>
      </form>
      ${caution(app, link.request.displayName)}
    `,
  })
}

/** The initials of the app and of the providers, as a decoration. */
function pair(app: AskingApp, providers: readonly Choice[]): Html {
  return html`<p class="pair" aria-hidden="true">
    <span>${initial(app.name ?? '')}</span><i></i>
    ${providers.slice(0, 3).map(({ provider }) => html`<span class="to">${initial(provider.name)}</span>`)}
  </p>`
}

function initial(name: string): string {
  const letter = /[\p{L}\p{N}]/u.exec(name.replace(/^(www|app|my)\./, ''))
  return letter === null ? '·' : letter[0].toUpperCase()
}

function lead(app: AskingApp, only: Choice | null): Html {
  const who = app.name === null ? html`The app that gave you this link` : html`<b>${app.name}</b>`
  if (only === null)
    return html`<p class="lead">${who} asks for access to one of your accounts.</p>`
  if (only.provider.credentials !== null) {
    return html`<p class="lead">
      ${who} asks for access to your ${only.provider.name} account. What you enter here is sealed
      and shown to ${only.provider.name}; the app reaches your account with it until you revoke it
      there.
    </p>`
  }
  return html`<p class="lead">
    ${who} asks for access to your ${only.provider.name} account. You sign in at
    ${only.provider.name}; your password stays there.
  </p>`
}

function facts({ link }: OpenedLink, app: AskingApp, now: Instant): Html {
  const { displayName, label, expectedAccount } = link.request
  return html`<dl>
    ${displayName === null ? null : fact('For', displayName)}
    ${expectedAccount?.includes('@') ? fact('Account', expectedAccount) : null}
    ${label === null ? null : fact('Kept as', label)}
    ${app.origin === null ? null : fact('You return to', app.origin)}
    ${fact('Link expires', timeLeft(link.expiresAt - now))}
  </dl>`
}

/** `bdi` prevents direction marks in a value from reordering the text around it. */
function fact(term: string, value: string): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd><bdi>${value}</bdi></dd>
  </div>`
}

function complaint(form: ConnectForm): Content {
  return form.complaint === null
    ? null
    : html`<p class="complaint" id="complaint" role="alert">${form.complaint}</p>`
}

function button(only: Choice | null): string {
  if (only === null) return 'Continue'
  const { name, credentials } = only.provider
  return credentials === null ? `Continue to ${name}` : 'Connect'
}

function single({ provider, scopes }: Choice, asking: Asking): Html {
  const chosen = html`<input type="hidden" name="provider" value="${provider.id}" />`
  if (provider.credentials !== null) {
    return html`${chosen} ${credentialsFields(provider, provider.credentials, asking)}`
  }
  return html`${chosen}
    <section>
      <h2>What is asked for</h2>
      ${asked({ provider, scopes })}
    </section>`
}

function choices(providers: readonly Choice[]): Html {
  return html`<fieldset>
    <legend>Which account?</legend>
    ${providers.map(
      (choice) =>
        html`<div class="choice">
          <label>
            <input type="radio" name="provider" value="${choice.provider.id}" required />
            <span>${choice.provider.name}</span>
          </label>
          <details>
            <summary>What ${choice.provider.name} is asked for</summary>
            ${asked(choice)}
          </details>
        </div>`,
    )}
  </fieldset>`
}

function asked({ provider, scopes }: Choice): Html {
  if (provider.credentials !== null) {
    return html`<p>${provider.credentials.labels.secret}, which you enter on the next page.</p>`
  }
  return scopes.length === 0
    ? html`<p>Nothing in particular; ${provider.name} shows you what it shares.</p>`
    : scopeList(scopes)
}

function caution(app: AskingApp, displayName: string | null): Html {
  const place = app.name === null ? 'an app that you are using right now' : html`<b>${app.name}</b>`
  const person = displayName === null ? null : html` and you are <b><bdi>${displayName}</bdi></b>`
  return html`<p class="caution">
    Continue only if you came here from ${place}${person}. If you did not ask for this link, close
    the page: nothing has been shared.
  </p>`
}
