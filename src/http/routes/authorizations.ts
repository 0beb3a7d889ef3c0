import { z } from 'zod'
import { beginHeadless } from '../../vault/begin-headless.ts'
import { completeHeadless } from '../../vault/complete-headless.ts'
import { created, endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentAuthorization, presentConnection } from '../present.ts'
import { authorizationShape, completedShape } from '../wire.ts'

const beginBody = z.strictObject({
  userId: field.userId,
  provider: field.providerId,
  callbackUrl: field.absoluteUrl.describe("The host app's own, registered at the provider."),
  email: field.maybe(field.emailAddress).describe("A hint for the provider's login page."),
  state: field.maybe(field.text(1, 2048)).describe('Handed back as appState.'),
  scope: field.maybe(field.scope),
  params: field.otherwise(field.providerParams, {}),
})

const completeBody = field.withRule(
  z.strictObject({
    userId: field.userId.describe('Of the session in which the callback arrived.'),
    state: field.text(1, 512).describe('As it came to the callback.'),
    code: field.maybe(field.text(1, 8192)),
    iss: field.maybe(field.text(1, 2048)),
    error: field.maybe(field.text(1, 256)),
    name: field.maybe(field.text(1, 256)).describe('Where the provider tells none.'),
  }),
  {
    field: 'code',
    detail: 'is required where there is no error',
    holds: ({ code, error }) => code != null || error != null,
  },
)

export const authorizationEndpoints = [
  endpoint({
    id: 'beginAuthorization',
    method: 'post',
    path: '/v1/authorizations',
    summary: 'Begin a flow whose callback is yours',
    permission: 'links:write',
    params: {},
    query: {},
    body: beginBody,
    answers: { 201: authorizationShape },
    errors: ['not_found', 'provider_misconfigured', 'provider_unavailable'],
    handle: async ({ ports, caller }, { body }) =>
      created(presentAuthorization(await beginHeadless(ports, caller, body))),
  }),
  endpoint({
    id: 'completeAuthorization',
    method: 'post',
    path: '/v1/authorizations/complete',
    summary: 'Hand in what came to your callback',
    permission: 'links:write',
    params: {},
    query: {},
    body: completeBody,
    answers: { 200: completedShape },
    errors: [
      'not_found',
      'confirmation_refused',
      'account_mismatch',
      'conflict',
      'provider_misconfigured',
      'provider_unavailable',
    ],
    handle: async ({ ports, caller }, { body }) => {
      const { connection, appState } = await completeHeadless(ports, caller, body)
      return ok({ ...presentConnection(connection, ports), appState })
    },
  }),
]
