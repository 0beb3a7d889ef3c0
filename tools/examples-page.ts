import { readFileSync } from 'node:fs'

/** Returns `docs/examples.md` with the current text of each program in `examples/`. */
export function examplesPage(): string {
  const page = readFileSync(fromRoot('docs/examples.md'), 'utf8')
  return page.replaceAll(
    /(\[(examples\/\S+)\]\(\.\.\/\2\)\n\n```\w+\n)(.*?)```\n/gs,
    (_, before: string, file: string) => `${before}${readFileSync(fromRoot(file), 'utf8')}\`\`\`\n`,
  )
}

function fromRoot(path: string): URL {
  return new URL(`../${path}`, import.meta.url)
}
