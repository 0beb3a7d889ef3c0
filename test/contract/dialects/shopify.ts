import { ADA, INVALID_CLIENT, INVALID_GRANT, statuses } from '../answers.ts'
import type { Dialect } from '../dialect.ts'

const SHOP = 'https://engines.myshopify.com'
const TOKEN = {
  url: `${SHOP}/admin/oauth/access_token`,
  auth: 'post',
  formats: ['form', 'json'],
  answer: {
    access_token: '{accessToken}',
    scope: '{scope}',
    expires_in: 3600,
    refresh_token: '{refreshToken}',
    refresh_token_expires_in: 7_776_000,
  },
} as const

/** Expiring offline tokens. */
export const shopify: Dialect = {
  settings: { shop: 'engines' },
  authorize: {
    url: `${SHOP}/admin/oauth/authorize`,
    params: { response_type: null },
    tolerated: ['response_type'],
    pkce: 'either',
  },
  scopes: {
    defaults: ['read_products'],
    ask: ['read_products', 'read_orders'],
    sent: ['read_products', 'read_orders'],
    separator: ',',
    withheld: 'read_orders',
  },
  callback: { shop: 'engines.myshopify.com', timestamp: '1790000000', host: 'YWRtaW4' },
  signature: 'shopify',
  exchange: {
    ...TOKEN,
    params: { expiring: '1', grant_type: null, redirect_uri: null },
    tolerated: ['grant_type', 'redirect_uri'],
  },
  refresh: { ...TOKEN, tolerated: ['expiring'], rotation: 'single-use' },
  lifetimes: { access: 3600, refresh: 7_776_000 },
  errors: {
    dead: [INVALID_GRANT],
    temporary: statuses(429, 503),
    config: [INVALID_CLIENT],
  },
  probes: [
    {
      url: `${SHOP}/admin/api/2026-04/graphql.json`,
      method: 'POST',
      formats: ['json'],
      params: { query: '*' },
      answer: {
        data: {
          shop: {
            id: 'gid://shopify/Shop/1085',
            name: ADA.name,
            email: ADA.email,
            myshopifyDomain: 'engines.myshopify.com',
          },
        },
      },
    },
  ],
  account: { ...ADA, id: 'gid://shopify/Shop/1085' },
  apiHeader: { name: 'X-Shopify-Access-Token', value: '{accessToken}' },
  revocation: {
    url: `${SHOP}/admin/api_permissions/current.json`,
    method: 'DELETE',
    auth: 'anything',
    headers: { 'x-shopify-access-token': '{token}' },
    tokens: 'access',
    endsAll: true,
  },
}
