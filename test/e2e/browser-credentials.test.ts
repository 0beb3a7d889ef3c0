import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import { openPage } from './browser-stage.ts'
import { startHostApp } from './host-app.ts'
import { listen } from '../support/listen.ts'
import { startLarder } from '../support/start-larder.ts'

const ADDRESS = 'ada@example.com'
const PASSWORD = 'abcd-efgh-ijkl-mnop'
const API_KEY = 'key_7f3a9c'
const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`

describe('credentials in a browser', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  test('a user who mistypes an app password sees an error, enters it again and returns to the app', async () => {
    const stage = await setStage()
    const page = await openPage(browser, { javaScriptEnabled: false })
    await page.goto(await stage.link('caldav'))
    expect(await page.getByRole('link', { name: 'How to get it from Calendar' }).count()).toBe(1)
    await page.getByLabel('E-mail address').fill(ADDRESS)
    await page.getByLabel('App password').fill('of-something-else')
    await page.getByRole('button', { name: 'Connect' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('Calendar did not accept this')
    // The page keeps the address but never repeats the password.
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(ADDRESS)
    expect(await page.getByLabel('App password').inputValue()).toBe('')

    await page.getByLabel('App password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Connect' }).click()
    const token = await stage.tokenOf(page)
    expect(token).toMatchObject({
      tokenType: 'Basic',
      accessToken: null,
      expiresAt: null,
      credentials: { username: ADDRESS, password: PASSWORD },
      account: { id: ADDRESS, email: ADDRESS },
      header: { name: 'Authorization', value: basic(ADDRESS, PASSWORD) },
    })
    expect(await stage.larder.output()).not.toContain(PASSWORD)
  })

  test('a user enters an API key, and Larder takes the account from the provider’s answer', async () => {
    const stage = await setStage()
    const page = await openPage(browser)
    await page.goto(await stage.link('desk'))
    await page.getByLabel('API key').fill(API_KEY)
    await page.keyboard.press('Enter')
    expect(await stage.tokenOf(page)).toMatchObject({
      tokenType: 'ApiKey',
      credentials: { apiKey: API_KEY },
      account: { id: '7', email: ADDRESS, name: 'Ada Lovelace' },
      header: { name: 'X-Api-Key', value: API_KEY },
    })
  })

  test('a reconnect keeps the connection id and refuses the credentials of another account', async () => {
    const stage = await setStage()
    const { body } = await stage.larder.api('POST', '/v1/connections', {
      userId: 'user-1',
      provider: 'caldav',
      credentials: { username: ADDRESS, password: PASSWORD },
    })
    const page = await openPage(browser)
    await page.goto(await stage.link('caldav', { connectionId: body.id }))
    await page.getByLabel('E-mail address').fill('eve@example.com')
    await page.getByLabel('App password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Connect' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('another account')
    expect((await stage.read(body.id)).credentials).toEqual({
      username: ADDRESS,
      password: PASSWORD,
    })

    await page.getByLabel('E-mail address').fill(ADDRESS)
    await page.getByLabel('App password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Connect' }).click()
    expect(await stage.tokenOf(page)).toMatchObject({ connectionId: body.id })
  })
})

/** Starts a host app, a provider without OAuth, and Larder between them. */
async function setStage() {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const app = stack.use(await startHostApp())
  const { port, close } = await listen(createServer(answerProbe))
  stack.defer(close)
  const probe = { url: `http://127.0.0.1:${port}/me` }
  const larder = stack.use(
    await startLarder({
      providers: {
        caldav: {
          name: 'Calendar',
          connectsBy: 'credentials',
          probe,
          credentials: {
            type: 'basic',
            usernameLabel: 'E-mail address',
            secretLabel: 'App password',
            helpUrl: 'https://calendar.example.com/app-passwords',
          },
        },
        desk: {
          name: 'Desk',
          connectsBy: 'credentials',
          probe,
          credentials: { type: 'apiKey' },
          apiHeader: { name: 'X-Api-Key', scheme: null },
          account: { id: 'id', email: 'email', name: 'name' },
        },
      },
      redirectUrls: [`${app.origin}/oauth`],
    }),
  )
  const read = async (id: string) => (await larder.api('GET', `/v1/connections/${id}/token`)).body
  return {
    larder,
    read,
    async link(provider: string, demand: Readonly<Record<string, unknown>> = {}) {
      const wanted = { userId: 'user-1', provider, redirectUrl: app.redirectUrl, ...demand }
      return (await larder.createLink(wanted)).url
    },
    /** Waits until the browser is back at the app, and reads the token. */
    async tokenOf(page: Page) {
      await page.waitForURL((url) => url.href.startsWith(app.redirectUrl))
      return read(new URL(page.url()).searchParams.get('connectionId') ?? '')
    },
  }
}

const TAKEN = new Set([basic(ADDRESS, PASSWORD), basic('eve@example.com', PASSWORD)])

const answerProbe: Parameters<typeof createServer>[1] = (request, response) => {
  const isKnown =
    TAKEN.has(request.headers.authorization ?? '') || request.headers['x-api-key'] === API_KEY
  response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
  response.end(isKnown ? JSON.stringify({ id: 7, email: ADDRESS, name: 'Ada Lovelace' }) : '{}')
}
