import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import { arriveAtApp, continueToConsent, createLink, openPage, setStage } from './browser-stage.ts'
import { dumpDatabase } from '../support/dump-database.ts'
import { listen } from '../support/listen.ts'

describe('attacks on the connect page', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  test('a callback in another browser is refused, and the victim’s browser can still finish', async () => {
    const stage = await setStage()
    const { url } = await createLink(stage)
    const victim = await openPage(browser)
    const callback = await stopAtCallback(victim, url)

    const thief = await openPage(browser)
    await thief.goto(url)
    const answer = await thief.goto(callback)
    expect(answer?.status()).toBe(400)
    await thief.getByRole('heading', { name: 'Open the link again in this browser' }).waitFor()
    expect((await fetch(callback, { method: 'HEAD' })).status).toBe(400)
    expect((await fetch(callback, { redirect: 'manual' })).status).toBe(400)
    expect(stage.provider.tokenRequests).toHaveLength(0)

    await victim.goto(callback)
    expect((await arriveAtApp(victim, stage)).has('connectionId')).toBe(true)
  })

  test('a repeated callback does not redeem the code again and redirects to the same page of the app', async () => {
    const stage = await setStage()
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    const callback = await stopAtCallback(page, url)
    await page.goto(callback)
    const first = await arriveAtApp(page, stage)
    expect(first.has('connectionId')).toBe(true)
    await page.goto(callback)
    expect([...(await arriveAtApp(page, stage))]).toEqual([...first])
    expect(stage.app.arrivals).toHaveLength(2)
    expect(stage.provider.tokenRequests).toHaveLength(1)
  })

  test.each([
    ['the app', {}],
    ['Larder’s result page', { redirectUrl: undefined }],
  ])('a fragment of the callback URL does not reach the address of %s', async (_, demand) => {
    const stage = await setStage()
    const { url } = await createLink(stage, demand)
    const page = await openPage(browser)
    const callback = await stopAtCallback(page, url)
    const finished = page.waitForURL((at) => !at.searchParams.has('code'))
    await page.goto(`${callback}#access_token=canary`)
    await finished
    expect(page.url()).not.toContain('canary')
    expect(await page.evaluate('location.hash')).toBe('')
  })

  test('a form on another site cannot press Continue', async () => {
    const stage = await setStage()
    const link = await createLink(stage)
    const page = await openPage(browser)
    // The browser has Larder's cookie; only the token of the form is missing.
    await page.goto(link.url)
    const before = await dumpDatabase(stage.larder.dataDir)
    await page.goto(
      await foreignSite(`<form method="post" action="${link.url}">
      <input name="provider" value="acme"><button>Win a prize</button></form>`),
    )
    const answering = page.waitForResponse(link.url)
    await page.getByRole('button', { name: 'Win a prize' }).click()
    expect((await answering).status()).toBe(403)
    expect(await dumpDatabase(stage.larder.dataDir)).toBe(before)
    const shown = await stage.larder.api('GET', `/v1/connect-links/${link.id}`)
    expect(shown.body).toMatchObject({ status: 'pending' })

    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Connect your Acme account' }).waitFor()
  })

  test('another site cannot show the connect page in a frame', async () => {
    const stage = await setStage()
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(await foreignSite(`<iframe src="${url}" width="600" height="600"></iframe>`))
    const framed = page.frames().find((frame) => frame !== page.mainFrame())
    await expect.poll(() => framed?.url()).toMatch(/^chrome-error:/)
  })

  test('a browser that only opens a link sends nothing but its GET, even after ten minutes', async () => {
    const stage = await setStage({ autoConsent: true })
    const { url } = await createLink(stage)
    const before = await dumpDatabase(stage.larder.dataDir)
    const page = await openPage(browser)
    const asked: string[] = []
    page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`))
    await page.clock.install()
    await page.goto(url, { waitUntil: 'networkidle' })
    await page.clock.fastForward('10:00')
    expect(await page.locator('script, meta[http-equiv="refresh"]').count()).toBe(0)
    expect(asked.filter((request) => !request.endsWith('.css'))).toEqual([`GET ${url}`])
    expect(await dumpDatabase(stage.larder.dataDir)).toBe(before)
  })

  test('no script runs from a name, a label or a provider’s callback', async () => {
    const stage = await setStage()
    const attack = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
    const { url } = await createLink(stage, {
      displayName: attack,
      label: attack,
      state: attack,
      redirectUrl: undefined,
    })
    const page = await openPage(browser)
    await page.goto(url)
    await page.getByText(attack).first().waitFor()
    expect(await page.title()).toBe('Connect your Acme account')
    expect(await page.locator('img, script').count()).toBe(0)

    const callback = `${stage.larder.publicUrl}/callback/acme`
    const params = new URLSearchParams({ error: attack, error_description: attack, state: attack })
    await page.goto(`${callback}?${params.toString()}`)
    expect(await page.title()).toBe('Open the link again in this browser')
    expect(await page.content()).not.toMatch(/owned|onerror/)
    await page.goto(`${callback}?outcome=connected&proof=${encodeURIComponent(attack)}`)
    expect(await page.title()).toBe('Open the link again in this browser')
  })
})

/** Consents, and catches the redirect to Larder's callback before the browser sends it. */
async function stopAtCallback(page: Page, link: string): Promise<string> {
  await page.goto(link)
  await continueToConsent(page)
  // Playwright's routes do not see redirects, so use the DevTools protocol.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*/callback/*' }] })
  const caught = new Promise<string>((resolve) => {
    devtools.once('Fetch.requestPaused', ({ requestId, request }) => {
      void devtools.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
      resolve(request.url)
    })
  })
  await page.getByRole('button', { name: 'Allow' }).click()
  const callback = await caught
  await devtools.detach()
  return callback
}

/** Serves a page on a site unrelated to Larder, the app and the provider. */
async function foreignSite(body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><html lang="en"><title>Elsewhere</title>${body}</html>`)
  })
  const { port, close } = await listen(server)
  onTestFinished(close)
  return `http://elsewhere.test:${port}/`
}
