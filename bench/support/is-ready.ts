import { request } from 'node:http'

/** Whether the daemon at this address answers that it is ready. */
export function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/readyz`, { agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    asked.once('error', () => resolve(false))
    asked.end()
  })
}
