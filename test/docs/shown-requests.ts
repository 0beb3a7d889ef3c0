import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A request that a document shows with curl, and the answer below it. */
export type ShownRequest = {
  readonly file: string
  readonly command: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** The argument of `-d`, with a letter for each `…`; null if there is none. */
  readonly body: string | null
  /** Empty if the document shows no answer. */
  readonly answer: string
}

const FILES = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))]

/** Every request in the documents that starts with `$ curl` or `$ ask`. */
export function shownRequests(): readonly ShownRequest[] {
  return FILES.filter((file) => file.endsWith('.md')).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^```\w*\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block
        .split(/^\$ /m)
        .filter((part) => /^(curl|ask)\b/.test(part))
        .map((part) => shownRequest(file, part)),
    ),
  )
}

function shownRequest(file: string, text: string): ShownRequest {
  const { words, rest } = firstCommand(text)
  const after = (option: string) => words[words.indexOf(option, 1) + 1] ?? ''
  const body = words.includes('-d') ? after('-d').replaceAll('…', 'x') : null
  const target = words.find((word) => /^(https?:\/\/|localhost:|\$LARDER\/)/.test(word)) ?? ''
  const url = new URL(target.replace(/^(https?:\/\/)?[^/]+/, 'http://larder'))
  return {
    file,
    command: words.join(' ').replaceAll(/\s+/g, ' '),
    method: words.includes('-X') ? after('-X').toLowerCase() : body === null ? 'get' : 'post',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    body,
    answer: rest.split(/\n\n/)[0] ?? '',
  }
}

/** The words of a command, split as a shell does, and the text after it. */
function firstCommand(text: string) {
  const words: string[] = []
  let at = 0
  while (at < text.length && text[at] !== '\n') {
    const [whole, blank, joined, single, double, bare] =
      /^(?:( +)|(\\\n)|'([^']*)'|"([^"]*)"|([^\s'"]+))/.exec(text.slice(at)) ?? []
    if (whole === undefined) throw new Error(`not a command: ${text.slice(at, at + 40)}`)
    at += whole.length
    if (blank === undefined && joined === undefined) words.push(single ?? double ?? bare ?? '')
  }
  return { words, rest: text.slice(at + 1) }
}

/** The JSON of a shown answer, without the parts left out by `…`. */
export function shownJson(answer: string): unknown {
  return JSON.parse(
    answer
      .replaceAll(/([{[])\s*…\s*([}\]])/g, '$1$2')
      .replaceAll(/,\s*…(?=\s*[}\]])/g, '')
      .replaceAll(/(\})\s*…/g, '$1'),
  )
}
