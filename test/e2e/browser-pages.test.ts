import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AxeResults } from 'axe-core'
import { launchBrowser } from './browser.ts'
import { createLink, openPage, setStage } from './browser-stage.ts'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const LONG = 'Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft'

describe.each([
  ['light', 320],
  ['dark', 320],
  ['light', 1280],
  ['dark', 1280],
] as const)('in %s mode at %d pixels wide', { timeout: 60_000 }, (colorScheme, width) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(() => browser.close())

  test('the connect pages pass the accessibility rules, fit the width and have large enough touch targets', async () => {
    const stage = await setStage()
    const one = await createLink(stage, { displayName: LONG, label: LONG })
    const several = await createLink(stage, {
      provider: undefined,
      providers: ['acme', 'other'],
      expectedAccount: 'ada@example.com',
      scope: ['openid', `https://files.example/auth/${LONG}`],
    })
    const page = await openPage(browser, { colorScheme, viewport: { width, height: 640 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    for (const url of [one.url, several.url]) {
      await page.goto(url)
      await expectAccessible(page)
    }
    await page.getByText('What Acme is asked for').click()
    await page.getByLabel('Other').check()
    await expectAccessible(page)
    expect(complaints).toEqual([])
    await page.goto(`${stage.larder.publicUrl}/callback/acme`)
    await expectAccessible(page)
  })
})

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await runAxe(page)
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
  const sideways = 'document.documentElement.scrollWidth - window.innerWidth'
  expect(await page.evaluate(sideways)).toBeLessThanOrEqual(0)
  for (const target of await page.locator('button, a, label, summary').all()) {
    expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44)
  }
  await page.keyboard.press('Tab')
  const outline = `getComputedStyle(document.activeElement).outlineStyle`
  if ((await page.locator('button, a').count()) > 0)
    expect(await page.evaluate(outline)).not.toBe('none')
}

/** Injects axe through the browser, because the page's CSP allows no script. */
async function runAxe(page: Page): Promise<AxeResults> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(axe)
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`)
}
