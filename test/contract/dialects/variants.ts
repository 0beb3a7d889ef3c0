import type { Dialect } from '../dialect.ts'
import { elsewhere } from '../elsewhere.ts'
import { docusign } from './docusign.ts'
import { github } from './github.ts'
import { intuit } from './intuit.ts'
import { paypal } from './paypal.ts'
import { salesforce } from './salesforce.ts'
import { square } from './square.ts'
import { stripe } from './stripe.ts'

const ENTERPRISE = 'https://github.engines.example'

/** Vendors' sandboxes and other addresses with their own presets. */
export const variants: Readonly<Record<string, Dialect>> = {
  'docusign-demo': elsewhere(docusign, { 'account.docusign.com': 'account-d.docusign.com' }),
  'github-enterprise': elsewhere(
    github,
    { 'https://api.github.com': `${ENTERPRISE}/api/v3`, 'https://github.com': ENTERPRISE },
    { baseUrl: ENTERPRISE },
  ),
  'intuit-sandbox': elsewhere(intuit, {
    'https://accounts.platform.intuit.com': 'https://sandbox-accounts.platform.intuit.com',
    'https://quickbooks.api.intuit.com': 'https://sandbox-quickbooks.api.intuit.com',
    '.well-known/openid_configuration': '.well-known/openid_sandbox_configuration',
  }),
  'paypal-sandbox': elsewhere(paypal, {
    'api-m.paypal.com': 'api-m.sandbox.paypal.com',
    'www.paypal.com/signin': 'www.sandbox.paypal.com/signin',
  }),
  'salesforce-sandbox': elsewhere(salesforce, { 'login.salesforce.com': 'test.salesforce.com' }),
  // The sandbox does not know the `session` parameter.
  'square-sandbox': elsewhere(
    { ...square, authorize: { ...square.authorize, params: { session: null } } },
    { 'connect.squareup.com': 'connect.squareupsandbox.com' },
  ),
  'stripe-express': elsewhere(stripe, {
    'connect.stripe.com/oauth/authorize': 'connect.stripe.com/express/oauth/authorize',
  }),
}
