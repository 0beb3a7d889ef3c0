import { expect, test } from 'vitest'
import { type AnswerRule, matchesRule } from '../../../src/core/refresh/classify-answer.ts'
import { readBody } from '../../../src/oauth/answer/json-body.ts'
import { presets } from '../../../src/oauth/recipe/presets.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import { presetIds } from '../../../src/oauth/recipe/configure-providers.ts'
import { one, readAnswer } from '../../../src/oauth/answer/read-answer.ts'
import { recipeOf } from '../recipe/preset-kit.ts'
import { business } from './provider-answers/business.ts'
import { people } from './provider-answers/people.ts'
import type { ProviderAnswer } from './provider-answers/provider-answer.ts'
import { broken, standard } from './provider-answers/standard.ts'
import { work } from './provider-answers/work.ts'

const ANSWERS = [...standard, ...broken, ...work, ...business, ...people]

test.each(ANSWERS.map((answer) => [titleOf(answer), answer] as const))('%s', (_title, answer) => {
  const { verdict } = read(answer)
  expect(verdict.kind).toBe(answer[3])
  // A code or one of Larder's sentences; the provider's own text stays out.
  if (verdict.kind !== 'ok') expect(verdict.detail).toMatch(/^[\w .:-]{1,64}$/)
})

test('the list of provider answers has at least 120 entries, each with its source', () => {
  expect(ANSWERS.length).toBeGreaterThanOrEqual(120)
  expect(ANSWERS.every(([, , , , known]) => known !== '')).toBe(true)
})

const recipes = new Map(presetIds.map((id) => [id, recipeOf(id)]))

/** A rule that no recorded answer matches could say anything. */
test('every error rule of every preset matches a recorded answer', () => {
  const unmet = presetIds.flatMap((id) => {
    const own = ANSWERS.filter(([preset]) => speaksLike(preset, id))
    return Object.entries(recipe(id).errors).flatMap(([kind, rules]) =>
      rules
        .filter((rule) => !own.some((answer) => meets(answer, rule)))
        .map(() => `${id}: ${kind}`),
    )
  })
  expect(unmet).toEqual([])
})

test('every preset whose tokens are refreshed has a recorded answer', () => {
  const silent = presetIds.filter((id) => {
    const { connectsBy, refreshTokens, renewsWith } = recipe(id)
    if (connectsBy === 'credentials') return false
    const isRefreshed = refreshTokens.issued !== 'never' || renewsWith === 'access_token'
    return isRefreshed && !ANSWERS.some(([preset]) => speaksLike(preset, id))
  })
  expect(silent).toEqual([])
})

/** A preset that extends another one has its rules and needs no answers of its own. */
function speaksLike(preset: string, id: string): boolean {
  return preset === id || presets[id]?.extends === preset
}

function recipe(id: string): Recipe {
  const found = recipes.get(id)
  if (found === undefined) throw new Error(`no preset ${id}`)
  return found
}

function meets(answer: ProviderAnswer, rule: AnswerRule): boolean {
  const [preset, status] = answer
  const { body } = sentBody(answer)
  const { value } = readBody(body, typeOf(answer), recipe(preset).answer.format)
  return matchesRule(rule, { status, body: value })
}

function read(answer: ProviderAnswer): ReturnType<typeof readAnswer> {
  const [preset, status, , , , headers] = answer
  const result = { kind: 'answered' as const, sentAt: 0, status, complete: true }
  const sent = { ...result, ...sentBody(answer), headers: { ...headers } }
  return readAnswer({ result: sent, held: () => false, isEchoedIn: () => false }, recipe(preset))
}

function sentBody([, , body]: ProviderAnswer) {
  return { body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}

function typeOf([, , , , , headers]: ProviderAnswer): string {
  return one(headers?.['content-type']) ?? ''
}

function titleOf([preset, status, body, expected, known]: ProviderAnswer): string {
  const said = typeof body === 'string' ? body : JSON.stringify(body)
  return `${preset} ${status} ${said.slice(0, 70)} is ${expected} (${known})`.replaceAll('%', '%%')
}
