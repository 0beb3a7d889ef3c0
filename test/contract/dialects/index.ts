import type { Dialect } from '../dialect.ts'
import { airtable } from './airtable.ts'
import { amazon } from './amazon.ts'
import { apple } from './apple.ts'
import { asana } from './asana.ts'
import { atlassian } from './atlassian.ts'
import { auth0 } from './auth0.ts'
import { basecamp } from './basecamp.ts'
import { bitbucket } from './bitbucket.ts'
import { box } from './box.ts'
import { calcom } from './calcom.ts'
import { calcomLegacy } from './calcom-legacy.ts'
import { calendly } from './calendly.ts'
import { clickup } from './clickup.ts'
import { cronofy } from './cronofy.ts'
import { digitalocean } from './digitalocean.ts'
import { discord } from './discord.ts'
import { docusign } from './docusign.ts'
import { dropbox } from './dropbox.ts'
import { eventbrite } from './eventbrite.ts'
import { facebook } from './facebook.ts'
import { figma } from './figma.ts'
import { freshworks } from './freshworks.ts'
import { garmin } from './garmin.ts'
import { github } from './github.ts'
import { githubApp } from './github-app.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { googleHealth } from './google-health.ts'
import { goTo } from './goto.ts'
import { heroku } from './heroku.ts'
import { hubspot } from './hubspot.ts'
import { instagram } from './instagram.ts'
import { intercom } from './intercom.ts'
import { intuit } from './intuit.ts'
import { keycloak } from './keycloak.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { microsoft } from './microsoft.ts'
import { miro } from './miro.ts'
import { monday } from './monday.ts'
import { mondayLegacy } from './monday-legacy.ts'
import { notion } from './notion.ts'
import { nylas } from './nylas.ts'
import { oidc } from './oidc.ts'
import { okta } from './okta.ts'
import { paypal } from './paypal.ts'
import { pinterest } from './pinterest.ts'
import { pipedrive } from './pipedrive.ts'
import { reddit } from './reddit.ts'
import { ringcentral } from './ringcentral.ts'
import { salesforce } from './salesforce.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { smartsheet } from './smartsheet.ts'
import { spotify } from './spotify.ts'
import { square } from './square.ts'
import { strava } from './strava.ts'
import { stripe } from './stripe.ts'
import { stripeApp } from './stripe-app.ts'
import { surveymonkey } from './surveymonkey.ts'
import { tiktok } from './tiktok.ts'
import { todoist } from './todoist.ts'
import { twitch } from './twitch.ts'
import { typeform } from './typeform.ts'
import { webex } from './webex.ts'
import { x } from './x.ts'
import { xero } from './xero.ts'
import { yahoo } from './yahoo.ts'
import { youtube } from './youtube.ts'
import { zendesk } from './zendesk.ts'
import { zoho } from './zoho.ts'
import { zoom } from './zoom.ts'

/** The dialect of every preset's vendor, by preset id. */
export const dialects: Readonly<Record<string, Dialect>> = {
  airtable,
  amazon,
  apple,
  asana,
  atlassian,
  auth0,
  basecamp,
  bitbucket,
  box,
  calcom,
  'calcom-legacy': calcomLegacy,
  calendly,
  clickup,
  cronofy,
  digitalocean,
  discord,
  docusign,
  dropbox,
  eventbrite,
  facebook,
  figma,
  freshworks,
  garmin,
  github,
  'github-app': githubApp,
  gitlab,
  google,
  'google-health': googleHealth,
  goto: goTo,
  heroku,
  hubspot,
  instagram,
  intercom,
  intuit,
  keycloak,
  linear,
  linkedin,
  mailchimp,
  microsoft,
  miro,
  monday,
  'monday-legacy': mondayLegacy,
  notion,
  nylas,
  oidc,
  okta,
  paypal,
  pinterest,
  pipedrive,
  reddit,
  ringcentral,
  salesforce,
  shopify,
  slack,
  smartsheet,
  spotify,
  square,
  strava,
  stripe,
  'stripe-app': stripeApp,
  surveymonkey,
  tiktok,
  todoist,
  twitch,
  typeform,
  webex,
  x,
  xero,
  yahoo,
  youtube,
  zendesk,
  zoho,
  zoom,
}
