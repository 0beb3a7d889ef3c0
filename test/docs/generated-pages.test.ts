import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generatedPages } from '../../tools/write-docs.ts'

test.each(Object.entries(generatedPages))('%s is up to date with `npm run docs`', (path, page) => {
  const written = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  expect(written, 'run: npm run docs').toBe(page())
})
