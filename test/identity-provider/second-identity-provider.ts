import { createServer } from 'node:http'
import { page } from './pages.ts'
import { listen } from '../support/listen.ts'

/**
 * The identity provider behind the identity provider: a login page on another origin (`localhost`
 * where the first is `127.0.0.1`) that sends the user back to where they came from.
 */
export async function startSecondIdentityProvider(autoConsent: () => boolean) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const back = url.searchParams.get('return') ?? ''
    request.resume()
    if (url.pathname !== '/login' || !/^http:\/\/127\.0\.0\.1:\d+\/interaction\//.test(back)) {
      response.writeHead(404).end()
    } else if (request.method === 'POST' || autoConsent()) {
      response.writeHead(303, { location: back }).end()
    } else {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(page('Sign in elsewhere', '<button>Sign in</button>'))
    }
  })
  const { port, close } = await listen(server)
  return { origin: `http://localhost:${port}`, close }
}
