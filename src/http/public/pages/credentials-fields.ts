import type { CredentialsForm, Provider } from '../../../core/connection/provider.ts'
import { type Content, type Html, html } from './html.ts'

export type Asking = {
  /** The initial value of the field. */
  readonly username: string | null
  readonly isRefused: boolean
}

/** Input fields for the credentials of the provider. The page never contains a password. */
export function credentialsFields(provider: Provider, form: CredentialsForm, asking: Asking): Html {
  return html`<section>
    <h2>Your ${provider.name} ${form.kind === 'basic' ? 'sign-in' : 'key'}</h2>
    ${form.kind === 'basic' ? usernameField(form, asking) : null} ${secretField(form, asking)}
    ${help(provider, form)}
  </section>`
}

function usernameField(form: CredentialsForm, asking: Asking): Html {
  return html`<div class="field">
    <label for="username">${form.labels.username}</label>
    <input
      id="username"
      name="username"
      type="text"
      inputmode="email"
      autocomplete="username"
      autocapitalize="none"
      spellcheck="false"
      maxlength="256"
      value="${asking.username ?? ''}"
      required
      aria-invalid="${String(asking.isRefused)}"
      aria-describedby="${describedBy(form, asking)}"
    />
  </div>`
}

/** The secret is not a password of this site, so the browser should not save it or fill it in. */
function secretField(form: CredentialsForm, asking: Asking): Html {
  return html`<div class="field">
    <label for="secret">${form.labels.secret}</label>
    <input
      id="secret"
      name="secret"
      type="password"
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
      maxlength="${form.kind === 'basic' ? 1024 : 4096}"
      required
      aria-invalid="${String(asking.isRefused)}"
      aria-describedby="${describedBy(form, asking)}"
    />
  </div>`
}

function describedBy(form: CredentialsForm, { isRefused }: Asking): string {
  return [...(isRefused ? ['complaint'] : []), ...(hasHelp(form) ? ['help'] : [])].join(' ')
}

function hasHelp({ help: text, helpUrl }: CredentialsForm): boolean {
  return text !== null || helpUrl !== null
}

function help({ name }: Provider, form: CredentialsForm): Content {
  if (!hasHelp(form)) return null
  const where = html`<a href="${form.helpUrl ?? ''}" target="_blank" rel="noopener noreferrer"
    >How to get it from ${name}</a
  >`
  return html`<p class="help" id="help">${form.help} ${form.helpUrl === null ? null : where}</p>`
}
