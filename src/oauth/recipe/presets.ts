import { airtable } from '../presets/airtable.ts'
import { amazon } from '../presets/amazon.ts'
import { apple } from '../presets/apple.ts'
import { asana } from '../presets/asana.ts'
import { atlassian } from '../presets/atlassian.ts'
import { auth0 } from '../presets/auth0.ts'
import { basecamp } from '../presets/basecamp.ts'
import { bitbucket } from '../presets/bitbucket.ts'
import { box } from '../presets/box.ts'
import { calcom } from '../presets/calcom.ts'
import { calcomLegacy } from '../presets/calcom-legacy.ts'
import { calendly } from '../presets/calendly.ts'
import { clickup } from '../presets/clickup.ts'
import { cronofy } from '../presets/cronofy.ts'
import { digitalocean } from '../presets/digitalocean.ts'
import { discord } from '../presets/discord.ts'
import { docusign } from '../presets/docusign.ts'
import { docusignDemo } from '../presets/docusign-demo.ts'
import { dropbox } from '../presets/dropbox.ts'
import { eventbrite } from '../presets/eventbrite.ts'
import { facebook } from '../presets/facebook.ts'
import { figma } from '../presets/figma.ts'
import { freshdesk } from '../presets/freshdesk.ts'
import { freshworks } from '../presets/freshworks.ts'
import { garmin } from '../presets/garmin.ts'
import { github } from '../presets/github.ts'
import { githubApp } from '../presets/github-app.ts'
import { githubEnterprise } from '../presets/github-enterprise.ts'
import { gitlab } from '../presets/gitlab.ts'
import { google } from '../presets/google.ts'
import { googleHealth } from '../presets/google-health.ts'
import { goto } from '../presets/goto.ts'
import { heroku } from '../presets/heroku.ts'
import { hubspot } from '../presets/hubspot.ts'
import { icloudCaldav } from '../presets/icloud-caldav.ts'
import { instagram } from '../presets/instagram.ts'
import { intercom } from '../presets/intercom.ts'
import { intuit } from '../presets/intuit.ts'
import { intuitSandbox } from '../presets/intuit-sandbox.ts'
import { keycloak } from '../presets/keycloak.ts'
import { linear } from '../presets/linear.ts'
import { linkedin } from '../presets/linkedin.ts'
import { mailchimp } from '../presets/mailchimp.ts'
import { microsoft } from '../presets/microsoft.ts'
import { miro } from '../presets/miro.ts'
import { monday } from '../presets/monday.ts'
import { mondayLegacy } from '../presets/monday-legacy.ts'
import { notion } from '../presets/notion.ts'
import { nylas } from '../presets/nylas.ts'
import { oidc } from '../presets/oidc.ts'
import { okta } from '../presets/okta.ts'
import { paypal } from '../presets/paypal.ts'
import { paypalSandbox } from '../presets/paypal-sandbox.ts'
import { pinterest } from '../presets/pinterest.ts'
import { pipedrive } from '../presets/pipedrive.ts'
import { reddit } from '../presets/reddit.ts'
import { ringcentral } from '../presets/ringcentral.ts'
import { salesforce } from '../presets/salesforce.ts'
import { salesforceSandbox } from '../presets/salesforce-sandbox.ts'
import type { Preset } from './preset-schema.ts'
import { shopify } from '../presets/shopify.ts'
import { slack } from '../presets/slack.ts'
import { smartsheet } from '../presets/smartsheet.ts'
import { spotify } from '../presets/spotify.ts'
import { square } from '../presets/square.ts'
import { squareSandbox } from '../presets/square-sandbox.ts'
import { strava } from '../presets/strava.ts'
import { stripe } from '../presets/stripe.ts'
import { stripeApp } from '../presets/stripe-app.ts'
import { stripeExpress } from '../presets/stripe-express.ts'
import { surveymonkey } from '../presets/surveymonkey.ts'
import { tiktok } from '../presets/tiktok.ts'
import { todoist } from '../presets/todoist.ts'
import { twitch } from '../presets/twitch.ts'
import { typeform } from '../presets/typeform.ts'
import { webex } from '../presets/webex.ts'
import { x } from '../presets/x.ts'
import { xero } from '../presets/xero.ts'
import { yahoo } from '../presets/yahoo.ts'
import { youtube } from '../presets/youtube.ts'
import { zendesk } from '../presets/zendesk.ts'
import { zoho } from '../presets/zoho.ts'
import { zoom } from '../presets/zoom.ts'
import { zoomServerToServer } from '../presets/zoom-server-to-server.ts'

/** Every preset by its id. To use one, an operator sets at most a client id and a secret. */
export const presets: Readonly<Record<string, Preset>> = {
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
  'docusign-demo': docusignDemo,
  dropbox,
  eventbrite,
  facebook,
  figma,
  freshdesk,
  freshworks,
  garmin,
  github,
  'github-app': githubApp,
  'github-enterprise': githubEnterprise,
  gitlab,
  google,
  'google-health': googleHealth,
  goto,
  heroku,
  hubspot,
  'icloud-caldav': icloudCaldav,
  instagram,
  intercom,
  intuit,
  'intuit-sandbox': intuitSandbox,
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
  'paypal-sandbox': paypalSandbox,
  pinterest,
  pipedrive,
  reddit,
  ringcentral,
  salesforce,
  'salesforce-sandbox': salesforceSandbox,
  shopify,
  slack,
  smartsheet,
  spotify,
  square,
  'square-sandbox': squareSandbox,
  strava,
  stripe,
  'stripe-app': stripeApp,
  'stripe-express': stripeExpress,
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
  'zoom-server-to-server': zoomServerToServer,
}
