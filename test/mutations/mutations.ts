import { access } from './access.ts'
import { answers } from './answers.ts'
import { clocks } from './clocks.ts'
import { egress } from './egress.ts'
import type { Mutation } from './mutation.ts'
import { outcomes } from './outcomes.ts'
import { pacing } from './pacing.ts'
import { refreshing } from './refreshing.ts'
import { revoking } from './revoking.ts'
import { storing } from './storing.ts'

/** By the heading under which `docs/mutations.md` lists them. */
export const mutationGroups: Readonly<Record<string, readonly Mutation[]>> = {
  'Refreshing a connection': refreshing,
  'After a refresh': outcomes,
  'Rates, pauses and deadlines': pacing,
  Revocations: revoking,
  'Classifying an answer': answers,
  'Requests to providers': egress,
  'Storing and sealing': storing,
  'Access to Larder': access,
  'Clocks and jobs': clocks,
}

export const mutations: readonly Mutation[] = Object.values(mutationGroups).flat()

/** How often the original occurs in the text of its file. Anything but 1 means that the list is outdated. */
export function occurrences(text: string, { original }: Pick<Mutation, 'original'>): number {
  return text.split(original).length - 1
}
