import { createServer } from 'node:http'
import { listen } from '../support/listen.ts'

export type Arrival = {
  readonly path: string
  readonly params: URLSearchParams
  /** The Referer header of the browser. */
  readonly referer: string | null
}

export type HostApp = Awaited<ReturnType<typeof startHostApp>>

/**
 * A host app: Larder sends users back to its `redirectUrl`, and its page `/popup?link=` opens a link
 * in a popup. It records every request to `redirectUrl`.
 */
export async function startHostApp() {
  const arrivals: Arrival[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://app.invalid')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    if (url.pathname === '/popup')
      return response.end(popupPage(url.searchParams.get('link') ?? ''))
    if (!url.pathname.startsWith('/oauth')) return response.writeHead(404).end()
    const referer = request.headers.referer ?? null
    arrivals.push({ path: url.pathname, params: url.searchParams, referer })
    return response.end(ARRIVED)
  })
  const { port, close } = await listen(server)
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    redirectUrl: `${origin}/oauth/done`,
    arrivals: arrivals as readonly Arrival[],
    [Symbol.asyncDispose]: close,
  }
}

/** Posts the result to the window that opened it. An opener policy would cut the two apart. */
const ARRIVED = `<!doctype html><html lang="en"><title>Back at the app</title><h1>Back at the app</h1>
<script>opener?.postMessage(location.search, '*')</script></html>`

function popupPage(link: string): string {
  return `<!doctype html><html lang="en"><title>The app</title><h1>The app</h1>
    <button onclick="open(${escaped(link)}, 'connect', 'popup,width=480,height=720')">Connect</button>
    <output></output>
    <script>addEventListener('message', (e) => document.querySelector('output').textContent = e.data)</script>
    </html>`
}

function escaped(link: string): string {
  return JSON.stringify(link).replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
