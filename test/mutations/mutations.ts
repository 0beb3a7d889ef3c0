import { answers } from './answers.ts'
import { clocks } from './clocks.ts'
import { doors } from './doors.ts'
import { egress } from './egress.ts'
import type { Mutation } from './mutation.ts'
import { refreshing } from './refreshing.ts'
import { storing } from './storing.ts'

export const mutations: readonly Mutation[] = [
  ...refreshing,
  ...answers,
  ...egress,
  ...storing,
  ...doors,
  ...clocks,
]

/** How often the line stands in the text that the file holds now: once, or the list has rotted. */
export function occurrences(text: string, { original }: Pick<Mutation, 'original'>): number {
  return text.split(original).length - 1
}

/** Its row in docs/mutations.md. */
export function row({ promise, file, killedBy }: Mutation): string {
  const tests = killedBy.map(([test, title]) => `\`${test}\`: ${title.replaceAll('%s', '…')}`)
  return `| ${promise} | \`${file}\` | ${tests.join('<br>')} |`
}
