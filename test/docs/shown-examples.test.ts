import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync('docs/examples.md', 'utf8')
const files = globSync('examples/*/*').toSorted()
const SHOWN = /: \[(examples\/\S+)\]\(\.\.\/\1\)\n\n```\w+\n(.*?)```\n/gs
const shown = new Map([...page.matchAll(SHOWN)].map(([, file = '', text]) => [file, text]))

test('docs/examples.md shows every file of examples/, and no other', () => {
  expect([...shown.keys()].toSorted()).toEqual(files)
})

test.each(files)('docs/examples.md shows %s word for word', (file) => {
  expect(shown.get(file)).toBe(readFileSync(file, 'utf8'))
})
