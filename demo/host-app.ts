import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type ConnectionAnswer, type LarderClient, LarderProblem } from './larder-client.ts'

export type HostApp = AsyncDisposable & { readonly url: string; readonly redirectUrl: string }

/** The only user of this app. A real app takes the user from its session. */
const USER = { id: 'user-42', name: 'Ada Lovelace' }

/**
 * An app that stores no tokens. It creates links, receives connection ids, and asks Larder for an access
 * token when it needs one.
 */
export async function startHostApp(): Promise<
  HostApp & { serve(larder: LarderClient, userinfo: string): void }
> {
  let answer: (route: string, query: URLSearchParams) => Promise<Answer> = notYet
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://app.invalid')
    void answer(`${request.method} ${url.pathname}`, url.searchParams)
      .catch((error: unknown) => ({ page: `<p>${escaped(String(error))}</p>` }))
      .then((given) => send(request, response, given))
  })
  const url = `http://localhost:${await listening(server)}`
  const redirectUrl = `${url}/connected`
  return {
    url,
    redirectUrl,
    serve(larder, userinfo) {
      answer = (route, query) => routes(larder, { userinfo, redirectUrl })(route, query)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function notYet(): Promise<Answer> {
  return Promise.resolve({ page: '<p>Larder is starting.</p>' })
}

type Answer = { readonly page: string } | { readonly goTo: string }

function routes(
  larder: LarderClient,
  app: { readonly userinfo: string; readonly redirectUrl: string },
) {
  return async (route: string, query: URLSearchParams): Promise<Answer> => {
    switch (route) {
      case 'GET /':
        return { page: home(await larder.connections(USER.id), '') }
      case 'POST /connect': {
        const { redirectUrl } = app
        const link = await larder.createLink({
          userId: USER.id,
          provider: 'acme',
          redirectUrl,
          displayName: USER.name,
        })
        return { goTo: link.url }
      }
      case 'GET /connected': {
        const came = query.has('error') ? `Not connected: ${query.get('error')}` : 'Connected.'
        return { page: home(await larder.connections(USER.id), came) }
      }
      case 'POST /call':
        return {
          page: home(
            await larder.connections(USER.id),
            await callProvider(larder, app.userinfo, query),
          ),
        }
      default:
        return { page: '<p>No such page.</p>' }
    }
  }
}

async function callProvider(
  larder: LarderClient,
  userinfo: string,
  query: URLSearchParams,
): Promise<string> {
  try {
    const { header, expiresInSeconds } = await larder.token(query.get('id') ?? '')
    const answer = await fetch(userinfo, { headers: { [header.name]: header.value } })
    return `The provider answered ${answer.status}: ${await answer.text()} (token good for ${expiresInSeconds} s more)`
  } catch (error) {
    if (error instanceof LarderProblem) return `Larder says ${error.message}`
    throw error
  }
}

function home(connections: readonly ConnectionAnswer[], news: string): string {
  const rows = connections.map(
    ({ id, provider, email, status }) =>
      `<li>${escaped(`${provider}: ${email ?? 'an account'} (${status})`)}
       <form method="post" action="/call?id=${escaped(id)}"><button>Ask the provider who I am</button></form></li>`,
  )
  return `<p>Signed in as ${escaped(USER.name)}.</p><p role="status">${escaped(news)}</p>
    <form method="post" action="/connect"><button>Connect your calendar</button></form>
    <ul>${rows.join('')}</ul>`
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  request.resume()
  if ('goTo' in answer) {
    response.writeHead(303, { location: answer.goTo }).end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
    <title>Demo App</title><style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}
    button{font:inherit;padding:.5rem 1rem}</style><h1>Demo App</h1>${answer.page}</html>`)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
