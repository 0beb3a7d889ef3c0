import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Fault = { readonly id: string; readonly line: number; readonly text: string }
type NamedTest = { readonly where: string; readonly file: string; readonly title: string }

const PAGE = readFileSync('docs/faults.md', 'utf8')
const FAULTS = faultsOf(PAGE)
const NAMED = FAULTS.flatMap(testsOf)

test('every test that docs/faults.md names exists in its file, by its title', () => {
  expect(NAMED.length).toBeGreaterThan(400)
  expect(NAMED.flatMap(problemOf)).toEqual([])
})

test('every fault in docs/faults.md says what Larder does, then names its tests or says that there is no test', () => {
  const answered = /^.+\n\n.+\n\n(?:No test yet\.|(?:- `test\/[\w/.-]+\.ts`: .*\p{L}{2}.*\n?)+)$/u
  const odd = FAULTS.filter(({ text }) => !answered.test(text.trim()))
  expect(odd.map(({ id, line }) => `docs/faults.md:${line} (${id})`)).toEqual([])
})

test('every expected fault is in docs/faults.md once, in order', () => {
  const main = FAULTS.map(({ id }) => id).filter((id) => /^[ABCFI]/.test(id))
  const first = [...upTo('A', 1, 16), ...upTo('C', 1, 14), ...upTo('B', 1, 6), ...upTo('F', 1, 15)]
  const later = [...upTo('F', 20, 34), ...upTo('F', 40, 62), ...upTo('F', 70, 93)]
  expect(main).toEqual([...first, ...later, ...upTo('I', 1, 10)])
})

test('every expected fault of the later sections of docs/faults.md is there, and no id is used twice', () => {
  const ids = FAULTS.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
  const faults = new Set(ids.map((id) => id.replace(/[a-z]$/, '')))
  const wanted = [...upTo('R', 1, 9), ...upTo('L', 10, 17), ...upTo('W', 1, 13)]
  expect(wanted.filter((id) => !faults.has(id))).toEqual([])
})

/** Each `### F12. …` heading with the text beneath it. */
function faultsOf(page: string): readonly Fault[] {
  const found = page.matchAll(/^### (\S+)\. (.*?)(?=^##|(?![^]))/gms)
  return [...found].map(({ 1: id = '', 2: text = '', index }) => ({
    id,
    text,
    line: page.slice(0, index).split('\n').length,
  }))
}

function testsOf({ id, line, text }: Fault): readonly NamedTest[] {
  return text.split('\n').flatMap((item, index) => {
    const [, file, title] = /^- `(.+?)`: (.*)/.exec(item) ?? []
    const where = `docs/faults.md:${line + index} (${id})`
    return file === undefined || title === undefined ? [] : [{ where, file, title }]
  })
}

/** `…` in a title stands for what a table of cases fills in. */
function problemOf({ where, file, title }: NamedTest): readonly string[] {
  if (!existsSync(file)) return [`${where}: there is no file ${file}`]
  const source = readFileSync(file, 'utf8')
  const isThere = title.split('…').every((part) => source.includes(part.trim()))
  return isThere ? [] : [`${where}: ${file} has no test "${title}"`]
}

function upTo(letter: string, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = String(first + index)
    return letter + (letter === 'F' ? number.padStart(2, '0') : number)
  })
}
