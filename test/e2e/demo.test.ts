import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../support/until.ts'
import { walkLink } from '../support/walk-link.ts'

/** The demo waits for the schedule to refresh a token of 30 seconds. */
const WITHIN_MS = 120_000

test(
  'the demo page starts without a connection, names its user and connects a working account',
  async () => {
    const url = await startDemo()
    const first = await pageOf(url)
    expect(first).toContain('Signed in as Ada Lovelace')
    expect(first).not.toContain('disconnected')

    const answer = await fetch(`${url}/connect`, { method: 'POST', redirect: 'manual' })
    const link = answer.headers.get('location') ?? ''
    const connectPage = await pageOf(link)
    expect(connectPage).toContain('Ada Lovelace')
    expect(connectPage).not.toContain('Demo App')

    const back = await pageOf((await walkLink(link)).href)
    expect(back).toContain('acme: ada@example.com (active)')
    const [, action = ''] = /action="(\/call\?id=[^"]+)"/.exec(back) ?? []
    const called = await fetch(url + action, { method: 'POST' })
    expect(await called.text()).toContain('The provider answered 200')
  },
  WITHIN_MS,
)

/** Runs the demo. Returns the address of its page. */
async function startDemo(): Promise<string> {
  const demo = spawn(process.execPath, ['demo/demo.ts'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => demo.once('exit', resolve))
  onTestFinished(async () => {
    demo.kill('SIGTERM')
    await ended
  })
  let output = ''
  demo.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const address = /Click through it yourself: (\S+)/
  return until('the demo has its page', () => address.exec(output)?.[1], WITHIN_MS)
}

async function pageOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
