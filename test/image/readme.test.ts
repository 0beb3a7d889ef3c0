import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../identity-provider/identity-provider.ts'
import { until } from '../support/until.ts'
import { walkLink } from '../support/walk-link.ts'
import { isReady } from './container.ts'
import { engine, findEngine } from './engine.ts'

const run = promisify(execFile)
const NAME = 'larder-readme-test'
const section = readFileSync('README.md', 'utf8').split('\n## ')[1] ?? ''
const blocks = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
const [settings = '', buildAndRun = '', firstToken = ''] = blocks

let provider: IdentityProvider
let directory: string

beforeAll(async () => {
  provider = await startIdentityProvider({ accessTokenSeconds: 600 })
  directory = await mkdtemp(join(tmpdir(), 'larder-readme-'))
  // This provider stands in for Google, where a reader has registered the client.
  const google = { issuer: provider.issuer, scopes: ['offline_access'] }
  await writeFile(join(directory, 'larder.yaml'), stringify({ providers: { google } }))
})

afterAll(async () => {
  await engine(['rm', '--force', '--volumes', NAME])
  await engine(['volume', 'rm', '--force', `${NAME}-data`])
  await provider?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

test('the Docker commands of README, run in order, yield a token of the provider', async () => {
  expect(section).toMatch(/^With Docker\n/)
  await shell(
    settings
      .replace('your-client-id', provider.clientId)
      .replace('your-client-secret', provider.clientSecret),
  )
  await shell(buildAndRun)
  await until('it is ready', () => isReady('http://127.0.0.1:7420'), 30_000)
  const [makeLink = '', readToken = ''] = firstToken.trim().split('\n')
  await walkToTheEnd((await shell(makeLink)).trim())
  const { accessToken } = JSON.parse(await shell(readToken)) as { accessToken: string }
  expect(provider.issued('AccessToken')).toContain(accessToken)
})

/** A link without a `redirectUrl` ends on Larder's own page. */
async function walkToTheEnd(link: string): Promise<void> {
  expect((await walkLink(link)).searchParams.get('outcome')).toMatch(/^connected/)
}

/**
 * Runs a command as a reader would, but with other names and on the host's network, where the
 * stand-in for Google is.
 */
async function shell(command: string): Promise<string> {
  const network = '--network=host'
  const adapted = command
    .replaceAll(/^docker /gm, `${await findEngine()} `)
    .replace('build -t larder .', `build ${network} -t ${NAME} "$CHECKOUT"`)
    .replace(
      '--name larder',
      `--name ${NAME} ${network} -v "$PWD/larder.yaml:/etc/larder/larder.yaml:ro"`,
    )
    .replace('larder-data:', `${NAME}-data:`)
    .replace(/ larder$/m, ` ${NAME}`)
    .replace('exec larder', `exec ${NAME}`)
  const env = { ...process.env, CHECKOUT: process.cwd() }
  const { stdout } = await run('sh', ['-euc', adapted], { cwd: directory, env })
  return stdout
}
