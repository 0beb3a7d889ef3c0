/** Cookies of a minimal browser that follows redirects and presses buttons. */
type Jar = Map<string, { readonly value: string; readonly path: string; readonly origin: string }>

const LONGEST_WALK = 20

/**
 * Goes from an authorization URL through login and consent. Returns the callback URL of the last
 * redirect without requesting it.
 */
export async function consentWithoutBrowser(
  url: string,
  choice: { readonly deny?: boolean } = {},
): Promise<string> {
  const redirectUri = new URL(url).searchParams.get('redirect_uri') ?? ''
  const jar: Jar = new Map()
  let at = { url, method: 'GET', body: null as string | null }
  for (let step = 0; step < LONGEST_WALK; step++) {
    const response = await visit(at, jar)
    const location = response.headers.get('location')
    if (location === null) {
      const button = pressed(await response.text(), choice.deny === true)
      if (button === null) throw new Error(`no button on a page with status ${response.status}`)
      at = { url: at.url, method: 'POST', body: button }
      continue
    }
    const next = new URL(location, at.url).href
    if (redirectUri !== '' && next.startsWith(redirectUri)) return next
    at = { url: next, method: 'GET', body: null }
  }
  throw new Error('too many pages before the callback')
}

async function visit(
  at: { readonly url: string; readonly method: string; readonly body: string | null },
  jar: Jar,
): Promise<Response> {
  const { origin, pathname } = new URL(at.url)
  const cookie = [...jar]
    .filter(([, kept]) => kept.origin === origin && pathname.startsWith(kept.path))
    .map(([key, kept]) => `${key.slice(key.indexOf(' ') + 1)}=${kept.value}`)
    .join('; ')
  const response = await fetch(at.url, {
    method: at.method,
    body: at.body,
    redirect: 'manual',
    headers: {
      ...(cookie === '' ? {} : { cookie }),
      ...(at.body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
  })
  for (const line of response.headers.getSetCookie()) keep(line, origin, jar)
  return response
}

function keep(line: string, origin: string, jar: Jar): void {
  const [pair = '', ...attributes] = line.split('; ')
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
  jar.set(`${origin}${path} ${name}`, { value, path, origin })
}

/** The first button of the form, or the one labelled `Deny`. */
function pressed(html: string, deny: boolean): string | null {
  const buttons = [...html.matchAll(/<button(?: name="(\w+)" value="([\w-]+)")?>(.*?)<\/button>/g)]
  const button = (deny ? buttons.find(([, , , label]) => label === 'Deny') : null) ?? buttons[0]
  if (!button) return null
  return button[1] === undefined ? '' : `${button[1]}=${button[2]}`
}
