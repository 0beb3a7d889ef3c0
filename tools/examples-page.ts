import { readFileSync } from 'node:fs'

/** `docs/examples.md`, with each program as its file in `examples/` has it now. */
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
