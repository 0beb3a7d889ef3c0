import { execFile } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../identity-provider/identity-provider.ts'
import { LarderApi } from '../support/larder-api.ts'
import {
  type Installation,
  makeInstallation,
  startLarderProcess,
} from '../support/larder-process.ts'
import { listen } from '../support/listen.ts'
import { providerSettings } from '../support/start-larder.ts'
import { walkLink } from '../support/walk-link.ts'
import { COMPILES, exampleProgram } from './example-program.ts'

const run = promisify(execFile)
const REDIRECT_URL = 'https://app.example.com/connected'

const LANGUAGES = [
  ['node', 'make-link.mjs', 'call-provider.mjs'],
  ['python', 'make_link.py', 'call_provider.py'],
  ['go', 'make_link.go', 'call_provider.go'],
  ['curl', 'make-link.sh', 'call-provider.sh'],
] as const

const opened = new AsyncDisposableStack()
let provider: IdentityProvider
let larder: Installation

beforeAll(async () => {
  provider = opened.use(await startIdentityProvider({ accessTokenSeconds: 600 }))
  larder = opened.use(
    await makeInstallation({
      configuration: stringify({ providers: { acme: providerSettings(provider) } }),
      environment: { LARDER_REDIRECT_URLS: REDIRECT_URL },
    }),
  )
  opened.use(await startLarderProcess(larder))
})

afterAll(() => opened.disposeAsync())

test.for(LANGUAGES)(
  'in %s, %s makes a link through which a user connects, and %s replaces a token that the API refuses',
  COMPILES,
  async ([language, makeLink, callProvider], context) => {
    const connectionId = await connected(context, `${language}/${makeLink}`)
    const first = (await token(connectionId)).header.value
    await using api = await startApi((shown) => shown === first)
    const program = await exampleProgram(context, `${language}/${callProvider}`)
    const { stdout } = await ended(program, [connectionId, api.url])
    expect(stdout).toContain('200')
    expect(stdout).toContain('"email":"ada@example.com"')
    expect(api.shown).toEqual([first, (await token(connectionId)).header.value])
  },
)

test.for(LANGUAGES)(
  'in %s, %s and %s call the API twice if it refuses every token, and return its answer',
  COMPILES,
  async ([language, makeLink, callProvider], context) => {
    const connectionId = await connected(context, `${language}/${makeLink}`)
    await using api = await startApi(() => true)
    const program = await exampleProgram(context, `${language}/${callProvider}`)
    const { stdout } = await ended(program, [connectionId, api.url])
    expect(stdout).toContain('401')
    expect(stdout).toContain('no such scope')
    expect(api.shown).toHaveLength(2)
    expect(new Set(api.shown).size).toBe(2)
  },
)

test.for(LANGUAGES)(
  'in %s, %s and %s fail with the problem code if Larder refuses the request',
  COMPILES,
  async ([language, makeLink, callProvider], context) => {
    const link = await exampleProgram(context, `${language}/${makeLink}`)
    const unlinked = await ended(link, ['42', 'unknown', REDIRECT_URL])
    expect(unlinked.code).not.toBe(0)
    expect(unlinked.stdout + unlinked.stderr).toContain('invalid_request')

    const program = await exampleProgram(context, `${language}/${callProvider}`)
    const missing = await ended(program, ['con_00000000000000000000000000', provider.issuer])
    expect(missing.code).not.toBe(0)
    expect(missing.stdout + missing.stderr).toContain('not_found')
  },
)

/** The id of a connection whose link the example made. */
async function connected(context: TestContext, example: string): Promise<string> {
  const program = await exampleProgram(context, example)
  const { stdout } = await ended(program, [`user-of/${example}`, 'acme', REDIRECT_URL])
  const back = await walkLink(stdout.trim())
  expect(back.origin + back.pathname).toBe(REDIRECT_URL)
  return back.searchParams.get('connectionId') ?? ''
}

async function token(connectionId: string): Promise<{ header: { value: string } }> {
  return (await new LarderApi(larder).get(`/v1/connections/${connectionId}/token`)).body
}

/** The provider's API: it answers who the user is, if the provider knows the token. */
async function startApi(refuses: (shown: string) => boolean) {
  const shown: string[] = []
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    shown.push(authorization)
    if (refuses(authorization)) response.writeHead(401).end('no such scope')
    else void forward(authorization, response)
  })
  const { port, close } = await listen(server)
  return { url: `http://127.0.0.1:${port}/`, shown, [Symbol.asyncDispose]: close }
}

async function forward(authorization: string, response: ServerResponse): Promise<void> {
  const answer = await fetch(`${provider.issuer}/me`, { headers: { authorization } })
  response.writeHead(answer.status).end(await answer.text())
}

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

async function ended(program: readonly [string, ...string[]], args: string[]): Promise<Ended> {
  const [command, ...before] = program
  const env = { ...process.env, LARDER_URL: larder.privateUrl, LARDER_API_KEY: larder.apiKey }
  return run(command, [...before, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  )
}
