import type { Browser, BrowserContext, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type HostApp, startHostApp } from './host-app.ts'
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../identity-provider/identity-provider.ts'
import { providerSettings, type RunningLarder, startLarder } from '../support/start-larder.ts'

export type Stage = {
  readonly app: HostApp
  readonly provider: IdentityProvider
  readonly larder: RunningLarder
}

/** Starts a host app, an identity provider and Larder. All end with the test. */
export async function setStage(options: IdentityProviderOptions = {}): Promise<Stage> {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const app = stack.use(await startHostApp())
  const provider = stack.use(await startIdentityProvider(options))
  const larder = stack.use(
    await startLarder({
      providers: {
        acme: { name: 'Acme', ...providerSettings(provider) },
        other: { name: 'Other', ...providerSettings(provider) },
      },
      redirectUrls: [`${app.origin}/oauth`],
    }),
  )
  return { app, provider, larder }
}

export function createLink({ app, larder }: Stage, demand: Readonly<Record<string, unknown>> = {}) {
  return larder.createLink({
    userId: 'user-1',
    provider: 'acme',
    redirectUrl: app.redirectUrl,
    state: 'of the app',
    displayName: 'Ada Lovelace',
    ...demand,
  })
}

/** Opens a browser context with its own cookies and storage. */
export async function openContext(
  browser: Browser,
  options: NonNullable<Parameters<Browser['newContext']>[0]> = {},
): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(10_000)
  onTestFinished(() => context.close())
  return context
}

export async function openPage(
  browser: Browser,
  options: NonNullable<Parameters<Browser['newContext']>[0]> = {},
): Promise<Page> {
  return (await openContext(browser, options)).newPage()
}

/** Goes from the connect page to the provider's consent page. */
export async function continueToConsent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Allow' }).waitFor()
}

export async function arriveAtApp(page: Page, { app }: Stage): Promise<URLSearchParams> {
  await page.waitForURL((url) => url.href.startsWith(app.redirectUrl))
  return new URL(page.url()).searchParams
}
