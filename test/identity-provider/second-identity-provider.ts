import { createServer } from 'node:http'
import { page } from './pages.ts'
import { listen } from '../support/listen.ts'

/**
 * A second identity provider, at which the first one lets its users sign in. Its login page is on
 * another origin (`localhost` instead of `127.0.0.1`) and sends the user back.
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
