import type { ConnectLink, ConnectRequest } from '../../core/connect/flow.ts'
import { completed } from '../../core/connection/account.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { ConnectNeeds, Consent } from './write-grant.ts'
import { endConnected, endFailed, type LinkEnd, noteFailure } from './end-link.ts'
import { completeLink } from './complete-link.ts'
import { misconfigured } from '../refresh/refresh-problem.ts'
import { credentialsIdOf } from '../connections/token-id.ts'
import { accountHeldBy, accountOfCredentials } from '../../core/connection/credentials-account.ts'

/** The end of the link, or another try on the connect page. */
export type Entered =
  | LinkEnd
  | {
      readonly kind: 'again'
      readonly why: 'refused' | 'other_account' | 'unavailable'
      readonly triesLeft: number
    }

/**
 * Allows typing errors, but is too low to guess a password or to make the provider lock the
 * account.
 */
const MOST_TRIES = 10

type Submission = {
  readonly link: ConnectLink
  /** A provider that `openLink` returned. */
  readonly provider: Provider
  readonly credentials: Credentials
}

/**
 * Checks the credentials that a user entered on the connect page. Counts each try before the
 * request to the provider, so that parallel tries cannot exceed the limit. The last refused try
 * withdraws the link.
 */
export async function connectByCredentials(
  ports: ConnectNeeds,
  { link, provider, credentials }: Submission,
): Promise<Entered> {
  if (provider.credentials?.kind !== credentials.kind) {
    throw new VaultError('invalid_request', 'the link asks for no such credentials')
  }
  const triesLeft = await ports.store.write((trx) => trx.countTry(link.id, MOST_TRIES))
  const about = { link, provider, triesLeft: triesLeft ?? 0 }
  if (triesLeft === null) return giveUp(ports, about)
  const request = requestOf(link, provider)
  const { params } = request
  const question = { provider: provider.id, params, providerData: {}, credentials }
  const outcome = await ports.endpoint.checkCredentials(question)
  switch (outcome.kind) {
    case 'confirmed':
      return complete(
        ports,
        about,
        await consentOf(ports, { request, provider, credentials, outcome }),
      )
    case 'grant_dead':
      return again(ports, about, 'refused', outcome.detail)
    case 'not_sent':
    case 'provider_failed':
    case 'answer_lost':
    case 'answer_unreadable':
    case 'unknown_refusal':
    case 'throttled':
      return again(ports, about, 'unavailable', outcome.detail)
    case 'client_config': {
      const { detail } = outcome
      await noteFailure(ports, link, { provider, code: 'provider_misconfigured', detail })
      throw misconfigured(detail)
    }
    default:
      return outcome satisfies never
  }
}

type Try = Omit<Submission, 'credentials'> & { readonly triesLeft: number }

/** Removes the client, the scopes, and the parameters of other providers that the link offers. */
function requestOf({ request }: ConnectLink, provider: Provider): ConnectRequest {
  const own = Object.entries(request.params).filter(([name]) =>
    Object.hasOwn(provider.params, name),
  )
  return { ...request, client: null, scope: null, params: Object.fromEntries(own) }
}

async function consentOf(
  ports: ConnectNeeds,
  of: Omit<Submission, 'link'> & {
    readonly request: ConnectRequest
    readonly outcome: Extract<AttemptOutcome, { kind: 'confirmed' }>
  },
): Promise<Consent> {
  const { request, provider, credentials, outcome } = of
  const { connectionId } = request
  const stored = connectionId === null ? null : await ports.store.connection(connectionId)
  const known = stored === null ? null : accountHeldBy(stored, credentials)
  return {
    provider,
    request,
    requestedScope: [],
    received: {
      kind: 'credentials',
      credentials,
      providerData: outcome.providerData,
      sentAt: ports.clock.now(),
      tokenId: credentialsIdOf(ports, credentials),
    },
    account: completed(known ?? accountOfCredentials(credentials, provider), outcome.account),
  }
}

async function complete(ports: ConnectNeeds, about: Try, consent: Consent): Promise<Entered> {
  const { link, provider } = about
  try {
    const completion = await ports.store.write((trx) => completeLink(ports, trx, link, consent))
    return endConnected(ports, link, { provider, completion })
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    const { code: errorCode, message: detail } = error
    if (errorCode === 'account_mismatch') return again(ports, about, 'other_account', detail)
    return endFailed(ports, link, { provider, word: 'internal', errorCode, detail })
  }
}

const CODE = {
  refused: 'invalid_credentials',
  other_account: 'account_mismatch',
  unavailable: 'provider_unavailable',
} as const

async function again(
  ports: ConnectNeeds,
  about: Try,
  why: keyof typeof CODE,
  detail: string,
): Promise<Entered> {
  const { link, provider, triesLeft } = about
  await noteFailure(ports, link, { provider, code: CODE[why], detail })
  return triesLeft === 0 ? giveUp(ports, about) : { kind: 'again', why, triesLeft }
}

async function giveUp(ports: ConnectNeeds, { link, provider }: Try): Promise<Entered> {
  const withdrawn = { ...link, state: { status: 'withdrawn' } } as const
  // A link that was completed or superseded meanwhile keeps its state.
  await ports.store.write((trx) => trx.trySaveLink(link, withdrawn))
  const errorCode = 'too_many_requests'
  const detail = 'the last try of this link was refused'
  return endFailed(ports, withdrawn, { provider, word: 'internal', errorCode, detail })
}
