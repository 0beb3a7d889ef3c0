import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import {
  arriveAtApp,
  continueToConsent,
  createLink,
  openContext,
  openPage,
  setStage,
} from './browser-stage.ts'

describe('connecting in a browser', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  test('a user connects by link, Continue, login and consent, and returns to the app with a connection', async () => {
    const stage = await setStage()
    const link = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(link.url)
    await continueToConsent(page)
    await page.getByRole('button', { name: 'Allow' }).click()
    const params = await arriveAtApp(page, stage)
    expect(Object.fromEntries(params)).toEqual({
      connectionId: expect.stringMatching(/^con_/),
      linkId: link.id,
      state: 'of the app',
    })
    expect(stage.app.arrivals).toHaveLength(1)
    // The referrer must not reveal the link's secret.
    expect(stage.app.arrivals[0]?.referer ?? '').not.toContain('/connect/')
    const token = await stage.larder.api(
      'GET',
      `/v1/connections/${params.get('connectionId')}/token`,
    )
    expect(token).toMatchObject({ status: 200, body: { provider: 'acme', userId: 'user-1' } })
    expect(await stage.larder.output()).not.toContain(link.url.split('/').at(-1))
  })

  test('a user connects with JavaScript turned off', async () => {
    const stage = await setStage()
    const { url } = await createLink(stage)
    const page = await openPage(browser, { javaScriptEnabled: false })
    await page.goto(url)
    await continueToConsent(page)
    await page.getByRole('button', { name: 'Allow' }).click()
    expect((await arriveAtApp(page, stage)).has('connectionId')).toBe(true)
  })

  test('a user connects with only the keyboard', async () => {
    const stage = await setStage({ autoConsent: true })
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect((await arriveAtApp(page, stage)).has('connectionId')).toBe(true)
  })

  test('a user who denies consent returns with error=reject and can then connect by the same link', async () => {
    const stage = await setStage()
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(url)
    await continueToConsent(page)
    await page.getByRole('button', { name: 'Deny' }).click()
    const refusal = await arriveAtApp(page, stage)
    expect(refusal.get('error')).toBe('reject')
    expect(refusal.get('errorCode')).toBe('access_denied')
    expect(refusal.get('state')).toBe('of the app')
    expect(refusal.has('connectionId')).toBe(false)
    // The provider's error_description, which may hold markup, must not be passed on.
    expect(page.url()).not.toContain('refused')

    await page.goto(url)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(/connectionId=/)
  })

  test('a link works after 50 scanners opened it', async () => {
    const stage = await setStage({ autoConsent: true })
    const { url } = await createLink(stage)
    for (const method of ['GET', 'HEAD']) {
      const visits = Array.from({ length: 50 }, () => fetch(url, { method, redirect: 'manual' }))
      expect(new Set((await Promise.all(visits)).map(({ status }) => status))).toEqual(
        new Set([200]),
      )
    }
    const page = await openPage(browser)
    await page.goto(url)
    await page.getByRole('button', { name: 'Continue' }).click()
    expect((await arriveAtApp(page, stage)).has('connectionId')).toBe(true)
  })

  test('a user connects through a second identity provider on another origin', async () => {
    const stage = await setStage({ secondProvider: true })
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(url)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Sign in elsewhere' }).waitFor()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    expect((await arriveAtApp(page, stage)).has('connectionId')).toBe(true)
  })

  test('a user connects through two providers that redirect without a page', async () => {
    const stage = await setStage({ secondProvider: true, autoConsent: true })
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(url)
    await page.getByRole('button', { name: 'Continue' }).click()
    expect((await arriveAtApp(page, stage)).has('connectionId')).toBe(true)
  })

  test('a user connects in a popup, and the app’s window receives the result', async () => {
    const stage = await setStage({ autoConsent: true })
    const { url } = await createLink(stage)
    const page = await openPage(browser)
    await page.goto(`${stage.app.origin}/popup?link=${encodeURIComponent(url)}`)
    const opening = page.waitForEvent('popup')
    await page.getByRole('button', { name: 'Connect' }).click()
    const popup = await opening
    await popup.getByRole('button', { name: 'Continue' }).click()
    await page.getByText(/connectionId=con_/).waitFor()
  })

  test('with confirm=app, a link returns a completion, and the token is served only after the app confirms', async () => {
    const stage = await setStage({ autoConsent: true })
    const link = await createLink(stage, { confirm: 'app' })
    const page = await openPage(browser)
    await page.goto(link.url)
    await page.getByRole('button', { name: 'Continue' }).click()
    const params = await arriveAtApp(page, stage)
    const token = `/v1/connections/${params.get('connectionId')}/token`
    expect(await stage.larder.api('GET', token)).toMatchObject({ status: 409 })
    const confirmation = { userId: 'user-1', completion: params.get('completion') }
    await stage.larder.api('POST', `/v1/connect-links/${link.id}/confirm`, confirmation)
    expect(await stage.larder.api('GET', token)).toMatchObject({ status: 200 })
  })

  test('a user connects two accounts in two tabs at once', async () => {
    const stage = await setStage()
    const context = await openContext(browser)
    const links = [await createLink(stage), await createLink(stage, { userId: 'user-2' })]
    const tabs: Page[] = []
    for (const { url } of links) {
      const tab = await context.newPage()
      await tab.goto(url)
      tabs.push(tab)
    }
    for (const tab of tabs) {
      await tab.getByRole('button', { name: 'Continue' }).click()
      await tab.waitForURL((url) => url.origin === stage.provider.issuer)
      const signIn = tab.getByRole('button', { name: 'Sign in' })
      const allow = tab.getByRole('button', { name: 'Allow' })
      await signIn.or(allow).waitFor()
      // In the second tab the provider knows the user already.
      if (await signIn.isVisible()) await signIn.click()
      await allow.waitFor()
    }
    for (const [i, tab] of tabs.entries()) {
      await tab.getByRole('button', { name: 'Allow' }).click()
      expect((await arriveAtApp(tab, stage)).get('linkId')).toBe(links[i]?.id)
    }
  })

  test('a link without a redirect URL ends on Larder’s own page, without code or state in its address', async () => {
    const stage = await setStage()
    const link = await createLink(stage, { redirectUrl: undefined })
    const page = await openPage(browser)
    await page.goto(link.url)
    await continueToConsent(page)
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByRole('heading', { name: 'Acme was not connected' }).waitFor()

    await page.goto(link.url)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'Acme is connected' }).waitFor()
    expect(page.url()).not.toMatch(/[?&](code|state|iss)=/)
    await page.reload()
    await page.getByRole('heading', { name: 'Acme is connected' }).waitFor()
    await page.goto(link.url)
    await page.getByRole('heading', { name: 'This link has been used' }).waitFor()
  })
})
