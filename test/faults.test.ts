import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const PAGE = readFileSync('docs/faults.md', 'utf8')
const NAMED = [...PAGE.matchAll(/`(test\/[\w/.-]+\.test\.ts)`: (.*?)(?=<br>| *\|\n)/g)].map(
  ([, file = '', title = '']) => ({ file, title }),
)

test('every test that docs/faults.md names is there, by its title', () => {
  expect(NAMED.length).toBeGreaterThan(190)
  const missing = NAMED.filter(({ file, title }) => {
    const source = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return !title.split('…').every((part) => source.includes(part.trim()))
  })
  expect(missing).toEqual([])
})

test('every title says something: one that is all blanks is the title of any test', () => {
  const isBlank = ({ title }: (typeof NAMED)[number]) => !/\p{L}{2}/u.test(title)
  expect(NAMED.filter(isBlank)).toEqual([])
})

test('every fault has its number once, and none is left out', () => {
  const numbers = [...PAGE.matchAll(/^\| ([ACFI]\d+) /gm)].map(([, number]) => number)
  const wanted = [...upTo('A', 1, 16), ...upTo('C', 1, 14), ...upTo('F', 1, 15)]
  const later = [...upTo('F', 20, 34), ...upTo('F', 40, 62), ...upTo('F', 70, 93)]
  expect(numbers).toEqual([...wanted, ...later, ...upTo('I', 1, 10)])
})

test('every row of the later sections has a number of its own, and none is left out', () => {
  const numbers = [...PAGE.matchAll(/^\| ([RLSW]\d+[a-z]?) /gm)].map(([, number = '']) => number)
  expect(numbers).toEqual([...new Set(numbers)])
  const faults = new Set(numbers.map((number) => number.replace(/[a-z]$/, '')))
  const wanted = [...upTo('R', 1, 9), ...upTo('L', 10, 17), ...upTo('W', 1, 13)]
  expect(wanted.filter((number) => !faults.has(number))).toEqual([])
})

function upTo(letter: string, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = String(first + index)
    return letter + (letter === 'F' ? number.padStart(2, '0') : number)
  })
}
