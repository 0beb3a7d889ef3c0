import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scenarios } from '../../bench/scenarios.ts'

test('docs/performance.md explains every scenario of the benchmark, in order', () => {
  const page = readFileSync('docs/performance.md', 'utf8')
  const explained = [...page.matchAll(/^\*\*(.+)\*\* \(`([\w-]+)`\)\. /gm)]
  expect(
    explained.map(([, title, name]) => ({ name, title })),
    'run: npm run bench',
  ).toEqual(scenarios.map(({ name, title }) => ({ name, title })))
})
