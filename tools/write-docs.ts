import { writeFile } from 'node:fs/promises'
import { examplesPage } from './examples-page.ts'
import { mutationsPage } from './mutations-page.ts'
import { providersPage } from './providers-page.ts'

/** The pages that `npm run docs` generates. */
export const generatedPages = {
  'docs/examples.md': examplesPage,
  'docs/mutations.md': mutationsPage,
  'docs/providers.md': providersPage,
} as const

async function writePages(): Promise<void> {
  for (const [path, page] of Object.entries(generatedPages)) {
    await writeFile(new URL(`../${path}`, import.meta.url), page())
  }
}

if (import.meta.main) await writePages()
