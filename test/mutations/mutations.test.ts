import { existsSync, globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutations, occurrences } from './mutations.ts'

// `npm run test:mutations` breaks the lines. This file only checks that the list fits the code.

test.each(mutations)('the line of the mutation "$guarantee" occurs in $file once', (mutation) => {
  expect(occurrences(readFileSync(mutation.file, 'utf8'), mutation)).toBe(1)
  expect(mutation.mutant).not.toBe(mutation.original)
})

test('every mutation names a test, and each named test seems to exist in its file', () => {
  const problems = mutations.flatMap(({ guarantee, killedBy }) => {
    const missing = killedBy.filter(([file, title]) => !mayHold(file, title))
    const lines = missing.map(([file, title]) => `${guarantee}: ${file} has no test "${title}"`)
    return killedBy.length === 0 ? [`${guarantee}: no test`] : lines
  })
  expect(problems).toEqual([])
})

test('no guarantee is in the list of mutations twice', () => {
  const guarantees = mutations.map(({ guarantee }) => guarantee)
  expect(guarantees.toSorted()).toEqual([...new Set(guarantees)].toSorted())
})

/**
 * Whether a test file, or the folder of cases beside it, has each word of the title. This finds most
 * renamed tests quickly; tables fill in parts of a title, so only a run can check it exactly.
 */
function mayHold(file: string, title: string): boolean {
  const files = [file, ...globSync(`${file.replace('.test.ts', '')}/*.ts`)].filter(existsSync)
  const text = files.map((path) => readFileSync(path, 'utf8')).join('\n')
  const words = title.replaceAll('%s', ' ').match(/\p{L}{2,}/gu) ?? []
  return words.every((word) => text.includes(word))
}
