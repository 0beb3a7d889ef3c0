import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutations, occurrences, row } from './mutations.ts'

// Whether the tests notice is tried by `npm run test:mutations`; that it still can be tried, here.

test.each(mutations)('$promise: its line stands in $file once', (mutation) => {
  expect(occurrences(readFileSync(mutation.file, 'utf8'), mutation)).toBe(1)
  expect(mutation.mutant).not.toBe(mutation.original)
})

test('every test that must notice is in a file that is there', () => {
  const named = mutations.flatMap(({ killedBy }) => killedBy.map(([file]) => file))
  expect(named.filter((file) => !existsSync(file))).toEqual([])
  expect(mutations.filter(({ killedBy }) => killedBy.length === 0)).toEqual([])
})

test('no promise is listed twice', () => {
  const promises = mutations.map(({ promise }) => promise)
  expect(promises.toSorted()).toEqual([...new Set(promises)].toSorted())
})

test('docs/mutations.md lists them, each with the test that notices', () => {
  const page = readFileSync('docs/mutations.md', 'utf8').replaceAll(/ +/g, ' ')
  expect(mutations.map(row).filter((line) => !page.includes(line))).toEqual([])
  expect(page.split('\n').filter((line) => /^\| [a-z]/.test(line))).toHaveLength(mutations.length)
})
