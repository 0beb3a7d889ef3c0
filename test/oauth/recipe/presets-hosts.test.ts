import { expect, test } from 'vitest'
import { urlsOf, wholePattern } from '../../../src/oauth/recipe/check-recipe.ts'
import { patternOf, presetIds } from '../../../src/oauth/recipe/configure-providers.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import { fillUrl, variablesOf } from '../../../src/oauth/request/template.ts'
import { recipeOf } from './preset-kit.ts'

/**
 * Values with which the maker of a link, or an answer of the provider, could try to choose the
 * host.
 */
const HOSTILE = [
  'evil.example',
  'evil.example/',
  'evil.example#',
  'evil.example?',
  'evil.example\\',
  'evil.example:443',
  'a.evil.example',
  'x@evil.example',
  'evil-example',
  '127.0.0.1',
  '169.254.169.254',
  '[::1]',
  'localhost',
  '..',
  '../../..',
  '%2e%2e',
  '.',
  '',
  'https://evil.example',
  'https://evil.example/https://accounts.zoho.com',
  'https://accounts.zoho.com.evil.example',
  'https://accounts.zoho.com@evil.example',
  'https://evil.pipedrive.com.evil.example',
  'acme.okta.com.evil.example',
  'evil.example/acme.okta.com',
  'okta.com',
  'acme.auth0.com.evil.example',
  'login.salesforce.com.evil.example',
  'evil.example/.my.salesforce.com',
  'accounts.zoho.com.evil.example',
  'shop.evil.example#',
  'shop\n.evil.example',
]

/**
 * Variables that a link or an answer can set; variables that only the operator sets are trusted.
 */
function foreignPatterns({ params, keep }: Recipe): ReadonlyMap<string, RegExp> {
  const open = Object.entries(params).filter(([, { setBy }]) => setBy === 'anyone')
  const kept = Object.entries(keep).flatMap(([name, { pattern }]) =>
    pattern === undefined ? [] : [[name, wholePattern(pattern) ?? /^/] as const],
  )
  return new Map([...open.map(([name, param]) => [name, patternOf(param)] as const), ...kept])
}

function safeValues({ params, keep }: Recipe): Readonly<Record<string, string>> {
  const fallback = { ...params, ...keep }
  return Object.fromEntries(
    Object.entries(fallback).map(([name, { default: value }]) => [name, value ?? 'https://a.b']),
  )
}

/** The path of a template up to its first variable. */
function pathBefore(template: string): string {
  return /^https:\/\/[^/]+(\/[^{]*)/.exec(template)?.[1] ?? ''
}

test.each(presetIds)(
  'no link and no answer can direct requests of the preset %s to a foreign host',
  (id) => {
    const recipe = recipeOf(id)
    const patterns = foreignPatterns(recipe)
    for (const [field, template] of urlsOf(recipe)) {
      for (const name of variablesOf(template)) {
        for (const value of HOSTILE.filter((each) => patterns.get(name)?.test(each))) {
          const url = fillUrl(template, { ...safeValues(recipe), [name]: value })
          const what = `${field} by ${name}`
          expect(url?.host ?? '', what).not.toMatch(/(^|\.)evil\.example$|^[\d.[]|^localhost$/)
          expect(url?.pathname ?? pathBefore(template), what).toContain(pathBefore(template))
        }
      }
    }
  },
)

test.each(presetIds)(
  'every host of the preset %s is a fixed name or ends with a fixed name',
  (id) => {
    const recipe = recipeOf(id)
    const patterns = foreignPatterns(recipe)
    for (const [field, template] of urlsOf(recipe)) {
      const host = /^https:\/\/([^/]+)/.exec(template)?.[1] ?? template.split('/')[0] ?? ''
      const chosen = variablesOf(host).filter((name) => patterns.has(name))
      const isFree = chosen.some((name) => patterns.get(name)?.test('evil.example'))
      expect(isFree, `${field}: ${template}`).toBe(false)
      const last = /\{[\w-]+\}$/.test(host) ? null : host
      if (last !== null) expect(last, field).toMatch(/[a-z0-9-]+\.[a-z]{2,}$/)
    }
  },
)
