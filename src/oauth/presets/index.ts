import { airtable } from './airtable.ts'
import { asana } from './asana.ts'
import { atlassian } from './atlassian.ts'
import { box } from './box.ts'
import { calcom } from './calcom.ts'
import { calcomLegacy } from './calcom-legacy.ts'
import { calendly } from './calendly.ts'
import { clickup } from './clickup.ts'
import { dropbox } from './dropbox.ts'
import { figma } from './figma.ts'
import { github } from './github.ts'
import { githubApp } from './github-app.ts'
import { githubEnterprise } from './github-enterprise.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { hubspot } from './hubspot.ts'
import { linear } from './linear.ts'
import { microsoft } from './microsoft.ts'
import { miro } from './miro.ts'
import { monday } from './monday.ts'
import { notion } from './notion.ts'
import { salesforce } from './salesforce.ts'
import { salesforceSandbox } from './salesforce-sandbox.ts'
import type { Preset } from './schema.ts'
import { slack } from './slack.ts'
import { zoom } from './zoom.ts'

/** Every provider that needs no more than a client id and a secret, by its id. */
export const presets: Readonly<Record<string, Preset>> = {
  airtable,
  asana,
  atlassian,
  box,
  calcom,
  'calcom-legacy': calcomLegacy,
  calendly,
  clickup,
  dropbox,
  figma,
  github,
  'github-app': githubApp,
  'github-enterprise': githubEnterprise,
  gitlab,
  google,
  hubspot,
  linear,
  microsoft,
  miro,
  monday,
  notion,
  salesforce,
  'salesforce-sandbox': salesforceSandbox,
  slack,
  zoom,
}
