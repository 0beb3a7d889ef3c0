import { z } from 'zod'
import { parseConnectionId, parseLinkId, type ProviderId } from '../../../core/base/ids.ts'
import { confirmLink } from '../../../vault/connect/confirm-link.ts'
import { linkWarnings } from '../../../vault/connect/connect-warnings.ts'
import { createLink } from '../../../vault/connect/create-link.ts'
import { linkProblems, type LinkRequest } from '../../../vault/connect/request-problems.ts'
import { showLink } from '../../../vault/connect/show-link.ts'
import { withdrawLink } from '../../../vault/connect/withdraw-link.ts'
import { type EndpointCall, created, endpoint, noContent, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentConnection, presentCreatedLink, presentLink } from '../present.ts'
import { connectionShape, createdLinkShape, linkShape } from '../wire.ts'
import { requireProvider } from './require-provider.ts'

const DEFAULT_TTL_SECONDS = 900

const options = {
  redirectUrl: field
    .maybe(field.absoluteUrl)
    .describe("Where the user is sent at the end; absent: Larder's own page."),
  scope: field.maybe(field.scope),
  email: field.maybe(field.emailAddress).describe("A hint for the provider's login page."),
  expectedAccount: field
    .maybe(field.text(1, 256))
    .describe('Id or e-mail; any other account is account_mismatch.'),
  state: field.maybe(field.text(1, 2048)).describe('Returned to redirectUrl.'),
  label: field.maybe(field.label),
  displayName: field.maybe(field.text(1, 256)).describe('Name of the user, shown on the page.'),
  metadata: field.maybe(field.metadata),
  connectionId: field.maybe(field.anyId).describe('Reconnect: the id stays.'),
  client: field.maybe(field.client),
  params: field.otherwise(field.providerParams, {}),
  ttlSeconds: field.otherwise(z.int().min(60).max(86_400), DEFAULT_TTL_SECONDS),
  confirm: field.maybe(z.enum(['page', 'app'])),
}

const linkBody = field.withRule(
  z.strictObject({
    userId: field.userId,
    provider: field.maybe(field.providerId),
    providers: field
      .maybe(z.array(field.providerId).min(1).max(50))
      .describe('The page asks which.'),
    ...options,
  }),
  {
    field: 'provider',
    detail: 'must be given, or providers, and not both',
    holds: ({ provider, providers }) => (provider == null) !== (providers == null),
  },
)

const one = { params: { id: field.anyId } } as const

export const linkEndpoints = [
  endpoint({
    id: 'createLink',
    method: 'post',
    path: '/v1/connect-links',
    summary: 'Make a one-time URL that connects a user',
    permission: 'links:write',
    params: {},
    body: linkBody,
    answers: { 201: createdLinkShape },
    errors: ['not_found'],
    problems: ({ ports, caller }, { body: { provider, providers, ...given } }) =>
      linkProblems(ports, caller, { ...given, providers: chosen({ provider, providers }) }),
    handle: (call, { body }) => {
      const { provider, providers, ...given } = body
      return makeLink(call, { ...given, providers: chosen({ provider, providers }) })
    },
  }),
  endpoint({
    id: 'createUserLink',
    method: 'post',
    path: '/v1/users/{userId}/oauth/{provider}/link',
    summary: 'Make a one-time URL that connects this user to this provider',
    permission: 'links:write',
    params: { userId: field.userId, provider: field.providerId },
    body: z.strictObject(options),
    answers: { 201: createdLinkShape },
    errors: ['not_found'],
    problems: ({ ports, caller }, { params, body }) => {
      const isKnown = params.provider !== undefined && ports.providers.has(params.provider)
      const providers = isKnown ? chosen(params) : []
      return linkProblems(ports, caller, { ...body, providers })
    },
    handle: (call, { params, body }) => {
      requireProvider(call.ports, params.provider)
      return makeLink(call, { ...body, userId: params.userId, providers: [params.provider] })
    },
  }),
  endpoint({
    ...one,
    id: 'getLink',
    method: 'get',
    path: '/v1/connect-links/{id}',
    summary: 'Read the status of a link',
    permission: 'links:write',
    answers: { 200: linkShape },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params }) => {
      const link = await showLink(ports, caller, parseLinkId(params.id))
      return ok(presentLink(link, await linkWarnings(ports, link), ports.clock.now()))
    },
  }),
  endpoint({
    ...one,
    id: 'withdrawLink',
    method: 'delete',
    path: '/v1/connect-links/{id}',
    summary: 'Withdraw a link',
    permission: 'links:write',
    answers: { 204: null },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params }) => {
      await withdrawLink(ports, caller, parseLinkId(params.id))
      return noContent
    },
  }),
  endpoint({
    ...one,
    id: 'confirmLink',
    method: 'post',
    path: '/v1/connect-links/{id}/confirm',
    summary: 'Confirm a connection, from the session of the user who made it',
    permission: 'links:write',
    body: z.strictObject({ userId: field.userId, completion: field.text(1, 256) }),
    answers: { 200: connectionShape },
    errors: [
      'not_found',
      'confirmation_refused',
      'account_mismatch',
      'conflict',
      'link_used',
      'link_expired',
      'link_superseded',
      'link_withdrawn',
    ],
    handle: async ({ ports, caller }, { params, body }) => {
      const confirmed = await confirmLink(ports, caller, parseLinkId(params.id), body)
      return ok(presentConnection(confirmed, ports))
    },
  }),
]

function chosen(given: {
  readonly provider?: ProviderId | null | undefined
  readonly providers?: readonly ProviderId[] | null | undefined
}): readonly ProviderId[] {
  return [...new Set(given.provider == null ? (given.providers ?? []) : [given.provider])]
}

type LinkBody = Omit<LinkRequest, 'connectionId'> & { readonly connectionId: string | null }

async function makeLink({ ports, caller }: EndpointCall, wanted: LinkBody) {
  const connectionId = wanted.connectionId === null ? null : parseConnectionId(wanted.connectionId)
  return created(presentCreatedLink(await createLink(ports, caller, { ...wanted, connectionId })))
}
