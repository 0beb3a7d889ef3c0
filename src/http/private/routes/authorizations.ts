import { z } from 'zod'
import { beginApiFlow } from '../../../vault/connect/begin-api-flow.ts'
import { finishApiFlow } from '../../../vault/connect/finish-api-flow.ts'
import { apiFlowProblems } from '../../../vault/connect/request-problems.ts'
import { callback, type CallbackParams } from '../../public/callback-field.ts'
import { LONGEST_CALLBACK } from '../../public/callback-size.ts'
import { created, endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentAuthorization, presentConnection } from '../present.ts'
import { authorizationShape, completedShape } from '../wire.ts'

const beginBody = z.strictObject({
  userId: field.userId,
  provider: field.providerId,
  callbackUrl: field.absoluteUrl.describe("The host app's own, registered at the provider."),
  email: field.maybe(field.emailAddress).describe("A hint for the provider's login page."),
  state: field.maybe(field.text(1, 2048)).describe('Returned as appState.'),
  scope: field.maybe(field.scope),
  params: field.otherwise(field.providerParams, {}),
})

const completeFields = z.strictObject({
  userId: field.userId.describe('The user of the session that received the callback.'),
  callback,
  state: field.maybe(field.text(1, 512)).describe('As received, if there is no `callback`.'),
  code: field.maybe(field.text(1, LONGEST_CALLBACK)),
  iss: field.maybe(field.text(1, 2048)),
  error: field.maybe(field.text(1, 256)),
  name: field.maybe(field.text(1, 256)).describe('Used if the provider gives none.'),
})

const PROTOCOL = ['state', 'code', 'iss', 'error'] as const

const RULES = [
  {
    field: 'callback',
    detail: 'already contains state, code, iss and error: leave those out',
    holds: (given) => given['callback'] == null || PROTOCOL.every((name) => given[name] == null),
  },
  {
    field: 'state',
    detail: 'is required without callback',
    holds: ({ state, ...given }) => given['callback'] != null || state != null,
  },
  {
    field: 'code',
    detail: 'is required without error',
    holds: ({ code, error, ...given }) =>
      given['callback'] != null || code != null || error != null,
  },
] satisfies readonly Parameters<typeof field.withRule>[1][]

const completeBody = RULES.reduce((body, rule) => field.withRule(body, rule), completeFields)

function callbackOf(body: z.output<typeof completeFields>): CallbackParams {
  if (body.callback !== null) return body.callback
  const given = PROTOCOL.map((name) => [name, body[name]] as const)
  return new Map(given.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== null))
}

export const authorizationEndpoints = [
  endpoint({
    id: 'beginAuthorization',
    method: 'post',
    path: '/v1/authorizations',
    summary: 'Begin a flow with a callback of the host app',
    permission: 'links:write',
    params: {},
    body: beginBody,
    answers: { 201: authorizationShape },
    errors: ['not_found', 'provider_misconfigured', 'provider_unavailable'],
    problems: ({ ports, caller }, { body }) => apiFlowProblems(ports, caller, body),
    handle: async ({ ports, caller }, { body }) =>
      created(presentAuthorization(await beginApiFlow(ports, caller, body))),
  }),
  endpoint({
    id: 'completeAuthorization',
    method: 'post',
    path: '/v1/authorizations/complete',
    summary: 'Complete a flow with the parameters of your callback',
    permission: 'links:write',
    params: {},
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
      const { userId, name } = body
      const received = { userId, name, callback: callbackOf(body) }
      const { connection, appState } = await finishApiFlow(ports, caller, received)
      return ok({ ...presentConnection(connection, ports), appState })
    },
  }),
]
