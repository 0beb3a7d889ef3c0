import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync('docs/running.md', 'utf8')
const source = ['src/observe/events.ts', 'src/observe/webhook-events.ts']
  .map((file) => readFileSync(file, 'utf8'))
  .join('')

const LOGGED = /log\.(\w+)\(\s*\{ event: '([\w.]+)'/g

test('docs/running.md lists every log event with its level, and no other', () => {
  const logged = [...source.matchAll(LOGGED)].map(([, level, event]) => `${event} ${level}`)
  expect(logged.length).toBe(source.match(/event: '/g)?.length)
  expect(documented().toSorted()).toEqual([...new Set(logged)].toSorted())
})

test('docs/running.md gives each log event a meaning, and each error a remedy', () => {
  const rows = rowsOfTheLog()
  const bad = rows.filter(([, level = '']) => /error|fatal/.test(level))
  expect(bad.filter(([, , , todo]) => todo === '')).toEqual([])
  expect(rows.filter(([, level, meaning]) => level !== 'debug' && meaning === '')).toEqual([])
})

test('docs/troubleshooting.md has a section for every log event to act on, and names no unknown event', () => {
  const [, index = ''] = readFileSync('docs/troubleshooting.md', 'utf8').split('## By log event')
  const named = eventsIn(index.split('\n').filter((line) => line.startsWith('| `')))
  const toActOn = rowsOfTheLog().filter(([, , , todo]) => todo !== '')
  const logged = [...source.matchAll(LOGGED)].map(([, , event = '']) => event)
  expect(named.filter((event) => !logged.includes(event))).toEqual([])
  expect(
    eventsIn(toActOn.map(([events = '']) => events)).filter((e) => !named.includes(e)),
  ).toEqual([])
})

test.each([
  ['larder_refreshes_total', 'src/core/refresh/refresh-outcome.ts', /readonly kind: '(\w+)'/g],
  ['larder_store_failures_total', 'src/core/base/errors.ts', /StoreFailure =([^;]*?)\n\n/g],
])('docs/running.md names every outcome of %s', (metric, file, pattern) => {
  const text = readFileSync(file, 'utf8').split('export type Unfortunate')[0] ?? ''
  const found = [...`${text}\n\n`.matchAll(pattern)].flatMap(([, words = '']) =>
    words.includes("'") ? words.match(/\w+/g) : words,
  )
  expect(found.length).toBeGreaterThan(3)
  const row = page.split('\n').find((line) => line.startsWith(`| \`${metric}\``)) ?? ''
  expect(found.filter((word) => !row.includes(`\`${word}\``))).toEqual([])
})

function rowsOfTheLog(): readonly (readonly string[])[] {
  const section = page.split('### The log')[1]?.split('###')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function eventsIn(cells: readonly string[]): readonly string[] {
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+\.\w+)`/g)].map(([, event = '']) => event))
}

function documented(): readonly string[] {
  return rowsOfTheLog().flatMap(([events = '', levels = '']) =>
    [...events.matchAll(/`([\w.]+)`/g)].flatMap(([, event]) =>
      levels.split(', ').map((level) => `${event} ${level}`),
    ),
  )
}
