import type { Context } from 'koa'
import { type Credentials, isPassword, isUsername } from '../../core/connection/credentials.ts'
import type { CredentialsForm, Provider } from '../../core/connection/provider.ts'
import { Secret } from '../../core/base/secret.ts'
import { connectByCredentials, type Entered } from '../../vault/connect/connect-by-credentials.ts'
import { endUrl } from './outcome-url.ts'
import { seeOther } from './send-page.ts'
import { type ShownPage, showPage } from './show-page.ts'
import type { PublicPorts } from './site.ts'

const LONGEST_USERNAME = 256
const LONGEST_PASSWORD = 1_024

/**
 * Checks the entered credentials at the provider. If the credentials are wrong, shows the page
 * again.
 */
export async function takeCredentials(
  ctx: Context,
  ports: PublicPorts,
  sent: {
    readonly page: ShownPage
    readonly provider: Provider
    readonly form: URLSearchParams
  },
): Promise<void> {
  const { page, provider, form } = sent
  const read = readCredentials(form, provider.credentials)
  const username = entered(form, 'username')
  if (read.kind === 'none') return showPage(ctx, ports, page)
  if (read.kind === 'wrong') {
    return showPage(ctx, ports, { ...page, username, complaint: read.complaint })
  }
  const { opened, site, browserId } = page
  const { credentials } = read
  const result = await connectByCredentials(ports, { link: opened.link, provider, credentials })
  if (result.kind !== 'again') return seeOther(ctx, endUrl(result, ports, { site, browserId }))
  const status = result.why === 'unavailable' ? 503 : 400
  showPage(ctx, ports, { ...page, username, complaint: complaintOf(result, provider), status })
}

type Read =
  /** The user chose a provider but has not entered credentials yet. */
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong'; readonly complaint: string }
  | { readonly kind: 'read'; readonly credentials: Credentials }

function readCredentials(form: URLSearchParams, asked: CredentialsForm | null): Read {
  if (asked === null || !form.has('secret')) return { kind: 'none' }
  const [username, secret] = [entered(form, 'username'), entered(form, 'secret')]
  const { labels } = asked
  switch (asked.kind) {
    case 'basic': {
      const isName = username.length <= LONGEST_USERNAME && isUsername(username)
      if (username === '' || !isName) return wrong(labels.username)
      const isSecret = secret.length <= LONGEST_PASSWORD && isPassword(secret)
      if (secret === '' || !isSecret) return wrong(labels.secret)
      const password = new Secret(secret)
      return { kind: 'read', credentials: { kind: 'basic', username, password } }
    }
    case 'api_key':
      // The key is sent in a header unchanged.
      if (!/^[\x21-\x7e]{1,4096}$/.test(secret)) return wrong(labels.secret)
      return { kind: 'read', credentials: { kind: 'api_key', apiKey: new Secret(secret) } }
    default:
      return asked.kind satisfies never
  }
}

/** Trims the value, because copied text often has spaces at its ends. */
function entered(form: URLSearchParams, name: string): string {
  return (form.get(name) ?? '').trim()
}

function wrong(label: string): Read {
  return { kind: 'wrong', complaint: `Please check what you entered for “${label}”.` }
}

const FEW_TRIES = 3

function complaintOf(
  { why, triesLeft }: Extract<Entered, { kind: 'again' }>,
  { name }: Provider,
): string {
  const left = triesLeft <= FEW_TRIES ? ` Tries left: ${triesLeft}.` : ''
  switch (why) {
    case 'refused':
      return `${name} did not accept this. Nothing was connected.${left}`
    case 'other_account':
      return `This is another account than the one that is asked for. Nothing was connected.${left}`
    case 'unavailable':
      return `${name} cannot be reached right now. Nothing was connected; please try again in a few minutes.${left}`
    default:
      return why satisfies never
  }
}
