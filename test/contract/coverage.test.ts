import { expect, test } from 'vitest'
import { presets } from '../../src/oauth/recipe/presets.ts'
import { dialects } from './dialects/index.ts'
import { variants } from './dialects/variants.ts'
import { withoutConsent } from './dialects/without-consent.ts'

/** The vendors that calendar and business apps connect to with OAuth 2. */
const VENDORS = `
  airtable amazon apple asana atlassian auth0 basecamp bitbucket box calcom calcom-legacy calendly
  clickup cronofy digitalocean discord docusign dropbox eventbrite facebook figma freshworks
  garmin github github-app gitlab google google-health goto heroku hubspot instagram intercom intuit keycloak linear
  linkedin mailchimp microsoft miro monday monday-legacy notion nylas oidc okta paypal pinterest pipedrive reddit
  ringcentral salesforce shopify slack smartsheet spotify square strava stripe stripe-app surveymonkey
  tiktok todoist twitch typeform webex x xero yahoo youtube zendesk zoho zoom
`

const presetIds = Object.keys(presets)
const known = { ...dialects, ...variants, ...withoutConsent }

test('every listed vendor has a preset', () => {
  const missing = VENDORS.trim()
    .split(/\s+/)
    .filter((id) => !presetIds.includes(id))
  expect(missing).toEqual([])
})

test('every preset has a test dialect', () => {
  expect(presetIds.filter((id) => !(id in known))).toEqual([])
})

test('every test dialect has a preset', () => {
  expect(Object.keys(known).filter((id) => !presetIds.includes(id))).toEqual([])
})
