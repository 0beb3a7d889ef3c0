import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const PAGES = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs').map((name) => join('docs', name)),
]

const LINK = /\]\(([^)\s]+)\)/g
const FILE = /`((?:src|test|tools|migrations|bench|demo|examples)\/[\w./-]+)`/g
const HEADING = /^(#{1,6}) (.+)$/gm

test.each(PAGES)('every link in %s leads to an existing file and heading', (page) => {
  const links = [...read(page).matchAll(LINK)].map(([, link = '']) => link)
  const dead = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link))
  expect(dead).toEqual([])
})

test.each(PAGES)('every file that %s names exists in the repository', (page) => {
  const files = [...read(page).matchAll(FILE)].map(([, file = '']) => file)
  expect(files.filter((file) => !existsSync(file))).toEqual([])
})

test('docs/README.md lists every page of docs/', () => {
  const listed = [...read('docs/README.md').matchAll(LINK)].map(([, link = '']) => link)
  const pages = readdirSync('docs').filter((name) => name !== 'README.md')
  expect(pages.filter((name) => !listed.includes(name))).toEqual([])
})

test('the contents list of docs/api.md has its headings, in order', () => {
  const [before = '', after = ''] = read('docs/api.md').split('\n## Everywhere\n')
  const contents = [...before.matchAll(/^( *)- \[(.+)\]\(#(.+)\)$/gm)]
  const expected = [...`## Everywhere\n${after}`.matchAll(HEADING)].map(
    ([, level = '', title = '']) => ['  '.repeat(level.length - 2), title, anchorOf(title)],
  )
  expect(contents.map(([, ...entry]) => entry)).toEqual(expected)
})

const FLOWS = read('docs/flows.md')
  .split(/^## /m)
  .slice(1)
  .map((section) => [section.split('\n')[0] ?? '', section] as const)

test.each(FLOWS)(
  'docs/flows.md, %s: the diagram and the list have the same number of steps',
  (_, section) => {
    const [, diagram = '', words = ''] = section.split(/```(?:mermaid)?\n/)
    const steps = diagram.match(/^ +\w+-?->>\w+: /gm) ?? []
    const numbers = [...words.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number))
    expect(steps.length).toBeGreaterThan(5)
    expect(numbers).toEqual(steps.map((_step, at) => at + 1))
  },
)

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(target)) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

function anchorsOf(page: string): readonly string[] {
  return [...withoutCode(read(page)).matchAll(HEADING)].map(([, , title = '']) => anchorOf(title))
}

/** The anchor that GitHub gives a heading. */
function anchorOf(title: string): string {
  return title
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

function read(page: string): string {
  return readFileSync(page, 'utf8')
}

/** Removes code blocks, because a comment in one is not a heading. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '')
}
