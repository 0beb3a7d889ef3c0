import { airtable } from './airtable.ts'
import { amazon } from './amazon.ts'
import { apple } from './apple.ts'
import { asana } from './asana.ts'
import { atlassian } from './atlassian.ts'
import { bitbucket } from './bitbucket.ts'
import { box } from './box.ts'
import { calcom } from './calcom.ts'
import { calcomLegacy } from './calcom-legacy.ts'
import { calendly } from './calendly.ts'
import { clickup } from './clickup.ts'
import { digitalocean } from './digitalocean.ts'
import { discord } from './discord.ts'
import { docusign } from './docusign.ts'
import { docusignDemo } from './docusign-demo.ts'
import { dropbox } from './dropbox.ts'
import { facebook } from './facebook.ts'
import { figma } from './figma.ts'
import { fitbit } from './fitbit.ts'
import { freshworks } from './freshworks.ts'
import { garmin } from './garmin.ts'
import { github } from './github.ts'
import { githubApp } from './github-app.ts'
import { githubEnterprise } from './github-enterprise.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { heroku } from './heroku.ts'
import { hubspot } from './hubspot.ts'
import { instagram } from './instagram.ts'
import { intercom } from './intercom.ts'
import { intuit } from './intuit.ts'
import { intuitSandbox } from './intuit-sandbox.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { microsoft } from './microsoft.ts'
import { miro } from './miro.ts'
import { monday } from './monday.ts'
import { notion } from './notion.ts'
import { paypal } from './paypal.ts'
import { paypalSandbox } from './paypal-sandbox.ts'
import { pinterest } from './pinterest.ts'
import { pipedrive } from './pipedrive.ts'
import { reddit } from './reddit.ts'
import { salesforce } from './salesforce.ts'
import { salesforceSandbox } from './salesforce-sandbox.ts'
import type { Preset } from './schema.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { spotify } from './spotify.ts'
import { square } from './square.ts'
import { squareSandbox } from './square-sandbox.ts'
import { strava } from './strava.ts'
import { stripe } from './stripe.ts'
import { stripeApp } from './stripe-app.ts'
import { stripeExpress } from './stripe-express.ts'
import { tiktok } from './tiktok.ts'
import { twitch } from './twitch.ts'
import { x } from './x.ts'
import { xero } from './xero.ts'
import { yahoo } from './yahoo.ts'
import { youtube } from './youtube.ts'
import { zendesk } from './zendesk.ts'
import { zoho } from './zoho.ts'
import { zoom } from './zoom.ts'

/** Every provider that needs no more than a client id and a secret, by its id. */
export const presets: Readonly<Record<string, Preset>> = {
  airtable,
  amazon,
  apple,
  asana,
  atlassian,
  bitbucket,
  box,
  calcom,
  'calcom-legacy': calcomLegacy,
  calendly,
  clickup,
  digitalocean,
  discord,
  docusign,
  'docusign-demo': docusignDemo,
  dropbox,
  facebook,
  figma,
  fitbit,
  freshworks,
  garmin,
  github,
  'github-app': githubApp,
  'github-enterprise': githubEnterprise,
  gitlab,
  google,
  heroku,
  hubspot,
  instagram,
  intercom,
  intuit,
  'intuit-sandbox': intuitSandbox,
  linear,
  linkedin,
  microsoft,
  miro,
  monday,
  notion,
  paypal,
  'paypal-sandbox': paypalSandbox,
  pinterest,
  pipedrive,
  reddit,
  salesforce,
  'salesforce-sandbox': salesforceSandbox,
  shopify,
  slack,
  spotify,
  square,
  'square-sandbox': squareSandbox,
  strava,
  stripe,
  'stripe-app': stripeApp,
  'stripe-express': stripeExpress,
  tiktok,
  twitch,
  x,
  xero,
  yahoo,
  youtube,
  zendesk,
  zoho,
  zoom,
}
