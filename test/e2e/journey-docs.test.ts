import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { privateEndpoints } from '../../src/http/private/private-endpoints.ts'

const page = readFileSync('docs/journeys.md', 'utf8')
const credentials = readFileSync('docs/credentials.md', 'utf8')
const SYSTEMS = ['Recal', 'Wix', 'Pyas', 'Cal.com', 'Recall.ai']

test('docs/journeys.md has a section for each system', () => {
  const headings = [...page.matchAll(/^## (.*?):/gm)].map(([, name]) => name)
  expect(headings).toEqual(SYSTEMS)
})

test.each([
  ['docs/journeys.md', page, 15],
  ['docs/credentials.md', credentials, 10],
])('every request in %s is a route of the API', (_, text, atLeast) => {
  const shown = [...text.matchAll(/^\$ ask (-X (\w+) )?"?\$LARDER(\/[^\s"?]*)(.*)/gm)].map(
    ([, , method, path = '', rest = '']) => {
      const implied = rest.includes('-d ') ? 'POST' : 'GET'
      return { method: (method ?? implied).toLowerCase(), path: path.replaceAll('…', '') }
    },
  )
  expect(shown.length).toBeGreaterThan(atLeast)
  const missing = shown.filter(
    ({ method, path }) =>
      !privateEndpoints.some(
        (endpoint) =>
          endpoint.method === method &&
          new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
      ),
  )
  expect(missing).toEqual([])
})
