import { calcom } from './calcom.ts'
import { calcomLegacy } from './calcom-legacy.ts'
import { calendly } from './calendly.ts'
import { github } from './github.ts'
import { githubApp } from './github-app.ts'
import { githubEnterprise } from './github-enterprise.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { hubspot } from './hubspot.ts'
import { microsoft } from './microsoft.ts'
import { salesforce } from './salesforce.ts'
import { salesforceSandbox } from './salesforce-sandbox.ts'
import type { Preset } from './schema.ts'
import { slack } from './slack.ts'
import { zoom } from './zoom.ts'

/** Every provider that needs no more than a client id and a secret, by its id. */
export const presets: Readonly<Record<string, Preset>> = {
  calcom,
  'calcom-legacy': calcomLegacy,
  calendly,
  github,
  'github-app': githubApp,
  'github-enterprise': githubEnterprise,
  gitlab,
  google,
  hubspot,
  microsoft,
  salesforce,
  'salesforce-sandbox': salesforceSandbox,
  slack,
  zoom,
}
