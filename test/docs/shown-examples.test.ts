import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** A link to a file with a code block below it, into which `npm run docs` copies the file. */
const SHOWN = /\[(examples\/\S+)\]\(\.\.\/\1\)\n\n```/g

test('docs/examples.md shows every file of examples/ once', () => {
  const page = readFileSync('docs/examples.md', 'utf8')
  const shown = [...page.matchAll(SHOWN)].map(([, file = '']) => file)
  expect(shown.toSorted()).toEqual(globSync('examples/*/*').toSorted())
})
