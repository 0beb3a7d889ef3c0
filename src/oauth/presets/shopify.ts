import { LABEL } from '../recipe/patterns.ts'
import type { Preset } from '../recipe/preset-schema.ts'

export const shopify = {
  name: 'Shopify',
  documentation: {
    url: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['params.apiVersion.default', 'probe.params', 'callbackStrategy', 'revocation'],
  },
  params: {
    shop: {
      description: 'The shop: acme of acme.myshopify.com',
      pattern: LABEL,
      required: true,
    },
    apiVersion: {
      description: 'Version of the Admin API that is asked for the name of the shop',
      pattern: '\\d{4}-\\d{2}',
      default: '2026-04',
    },
  },
  authorizationEndpoint: 'https://{shop}.myshopify.com/admin/oauth/authorize',
  tokenEndpoint: 'https://{shop}.myshopify.com/admin/oauth/access_token',
  userinfoEndpoint: 'https://{shop}.myshopify.com/admin/api/{apiVersion}/graphql.json',
  clientAuth: 'post',
  scopes: ['read_products'],
  scopeSeparator: ',',
  callbackMustEqual: { shop: '{shop}.myshopify.com' },
  callbackStrategy: 'hmac-sha256-query',
  // Requests tokens that expire and can be refreshed.
  exchangeRequest: { params: { expiring: '1' } },
  apiHeader: { name: 'X-Shopify-Access-Token', scheme: null },
  probe: {
    method: 'POST',
    format: 'json',
    params: { query: '{ shop { id name email myshopifyDomain } }' },
  },
  account: { id: 'data.shop.id', email: 'data.shop.email', name: 'data.shop.name' },
  // A revocation uninstalls the app.
  revocation: {
    url: 'https://{shop}.myshopify.com/admin/api_permissions/current.json',
    method: 'DELETE',
    format: 'query',
    auth: 'token',
    tokenParam: null,
    tokens: 'access',
    sendsHint: false,
    reach: 'account',
    goneStatuses: [401, 403, 404],
  },
  refreshTokens: {
    issued: 'on-request',
    // A spent refresh token is accepted until its successor is used.
    rotation: 'grace',
    replay: 'allowed',
    graceSeconds: 2_592_000,
    idleSeconds: 7_776_000,
  },
} as const satisfies Preset
