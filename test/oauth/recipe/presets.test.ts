import { globSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { checkRecipe } from '../../../src/oauth/recipe/check-recipe.ts'
import { presets } from '../../../src/oauth/recipe/presets.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import { presetIds } from '../../../src/oauth/recipe/configure-providers.ts'
import { baseOf } from '../../../src/oauth/recipe/recipe.ts'
import { fieldAt, problemsOf, recipeOf, settingsOf } from './preset-kit.ts'

const PROVIDERS = words(
  `google microsoft zoom calcom calcom-legacy slack github github-app gitlab calendly
  hubspot salesforce notion dropbox box atlassian linear asana monday clickup airtable figma miro
  intercom zendesk zoho pipedrive xero intuit stripe stripe-app shopify square paypal docusign linkedin
  x facebook instagram tiktok pinterest reddit spotify discord twitch youtube strava google-health yahoo apple
  amazon bitbucket digitalocean heroku webex goto ringcentral cronofy eventbrite mailchimp typeform
  surveymonkey basecamp todoist smartsheet okta auth0 keycloak oidc freshworks garmin nylas`,
)

const linked = presetIds.filter((id) => recipeOf(id).connectsBy === 'link')

test('each of the 72 listed OAuth 2 providers has a preset', () => {
  expect(PROVIDERS.filter((id) => !linked.includes(id))).toEqual([])
  expect(PROVIDERS.length).toBe(72)
})

test('every preset file is named after the id of its preset', () => {
  const files = globSync('src/oauth/presets/*.ts').map((file) => basename(file, '.ts'))
  expect(files.toSorted()).toEqual(presetIds.toSorted())
  expect(presetIds.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([])
})

test.each(presetIds)('the preset %s is complete: schema, templates, documentation', (id) => {
  const recipe = recipeOf(id)
  expect(checkRecipe(recipe, { params: {}, allowPlainHttp: false })).toEqual([])
  expect(recipe.documentation?.url).toMatch(/^https:\/\//)
  expect(recipe.documentation?.verifiedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  expect(Object.hasOwn(presets, presets[id]?.extends ?? id)).toBe(true)
  expect(problemsOf(id, settingsOf(id))).toEqual([])
})

test.each(presetIds)('the preset %s lists as unverified only fields that it sets', (id) => {
  const fields = baseOf(id, {})
  const unverified = recipeOf(id).documentation?.unverified ?? []
  expect(unverified.filter((path) => fieldAt(fields, path) === undefined)).toEqual([])
  expect(unverified).toEqual([...new Set(unverified)])
})

test.each(linked)('the preset %s says whether its refresh tokens rotate', (id) => {
  const { refreshTokens } = recipeOf(id)
  if (id === 'oidc') return
  expect(refreshTokens.rotation).toBeDefined()
  if (refreshTokens.issued === 'by-setting') expect(refreshTokens.remedy).toMatch(/^[A-Z].*[^.]$/)
})

test('only presets of providers that revoke a grant on token reuse forbid a replay', () => {
  const never = presetIds.filter((id) => recipeOf(id).refreshTokens.replay === 'never')
  expect(never).toEqual([
    'airtable',
    'auth0',
    'intuit',
    'intuit-sandbox',
    'keycloak',
    'okta',
    'salesforce',
    'salesforce-sandbox',
    'x',
  ])
  expect(having(({ replay }) => replay === 'within-grace')).toEqual(['atlassian'])
})

const having = (holds: (tokens: Recipe['refreshTokens']) => boolean) =>
  presetIds.filter((id) => holds(recipeOf(id).refreshTokens))

test('presets state which refreshes end siblings or access tokens, and which rotate with a grace', () => {
  expect(having(({ endsSiblings }) => endsSiblings === true)).toEqual([
    'calcom',
    'calcom-legacy',
    'notion',
    'zoom',
    'zoom-server-to-server',
  ])
  expect(having(({ endsAccessToken }) => endsAccessToken === true)).toEqual([
    'atlassian',
    'github-app',
    'gitlab',
    'zendesk',
  ])
  expect(having(({ rotation }) => rotation === 'grace')).toEqual([
    'atlassian',
    'linear',
    'shopify',
    'slack',
    'xero',
  ])
})

const reaching = (reach: string) =>
  presetIds.filter((id) => recipeOf(id).revocation?.reach === reach)

test('a revocation ends only its own token at the listed presets, and may end all grants of the account at the others', () => {
  expect(reaching('token')).toEqual(
    words(`
      asana dropbox github github-app github-enterprise gitlab salesforce salesforce-sandbox
      zoho`),
  )
  expect(reaching('account')).toEqual(
    words(`
      apple auth0 box calendly discord docusign docusign-demo facebook freshdesk garmin
      google google-health hubspot icloud-caldav intuit intuit-sandbox keycloak linear miro
      monday notion oidc okta pipedrive reddit ringcentral shopify slack smartsheet square
      square-sandbox strava stripe stripe-express tiktok twitch x xero youtube zendesk zoom`),
  )
})

test('no code outside the presets names a provider', () => {
  const folder = new URL('../../../src/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/^oauth\/(presets\/|recipe\/presets\.ts$)/.test(file),
  )
  const named = new RegExp(`['"\`](?:${presetIds.join('|')})['"\`]`)
  const guilty = files.filter((file) => named.test(readFileSync(new URL(file, folder), 'utf8')))
  expect(files.length).toBeGreaterThan(50)
  expect(guilty).toEqual([])
})

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
