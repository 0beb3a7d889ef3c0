import { consentWithoutBrowser } from './consent.ts'

/**
 * Does what a user does with a link: opens the page, presses Continue, signs in and consents at the
 * provider. Returns the URL at which the browser ends.
 */
export async function walkLink(link: string): Promise<URL> {
  const page = await fetch(link)
  const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const fields = [...(await page.text()).matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)]
  const form = new URLSearchParams(
    Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value])),
  )
  const continued = await fetch(link, {
    method: 'POST',
    body: form,
    headers: { cookie },
    redirect: 'manual',
  })
  const callback = await consentWithoutBrowser(locationOf(continued))
  const back = await fetch(callback, { headers: { cookie }, redirect: 'manual' })
  return new URL(locationOf(back), link)
}

function locationOf(response: Response): string {
  const location = response.headers.get('location')
  if (location === null) throw new Error(`expected a redirect, got ${response.status}`)
  return location
}
