import type { ConnectLink, ConnectRequest } from '../../core/connect/flow.ts'
import { completed } from '../../core/connection/account.ts'
import { type Credentials } from '../../core/connection/credentials.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Consent } from './write-grant.ts'
import { endConnected, endFailed, type LinkEnd, noteFailure } from './end-link.ts'
import { openLink } from './open-link.ts'
import { completeLink } from './complete-link.ts'
import { misconfigured } from '../refresh/refresh-problem.ts'
import { credentialsIdOf } from '../connections/token-id.ts'
import { accountHeldBy, accountOfCredentials } from '../../core/connection/credentials-account.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>

/** What came of credentials that a user entered on the page: an end, or one more try there. */
export type Entered =
  | LinkEnd
  | {
      readonly kind: 'again'
      readonly why: 'refused' | 'other_account' | 'unavailable'
      readonly triesLeft: number
    }

/** Enough for a slip of the hand; too few to guess with, or to have the provider lock the account. */
const MOST_TRIES = 10

type Demand = {
  readonly secret: string
  readonly provider: ProviderId
  readonly credentials: Credentials
}

/**
 * The user sent the form. Each try is counted before the provider is asked, so that no two of them
 * pass for one; the last that is refused withdraws the link. Throws `VaultError` as `openLink` does.
 */
export async function connectByCredentials(ports: Needs, demand: Demand): Promise<Entered> {
  const { link, provider } = await openFor(ports, demand)
  const triesLeft = await ports.store.write((trx) => trx.countTry(link.id, MOST_TRIES))
  if (triesLeft === null) return giveUp(ports, link, provider)
  const { credentials } = demand
  const request = requestOf(link, provider)
  const { params } = request
  const question = { provider: provider.id, params, providerData: {}, credentials }
  const outcome = await ports.endpoint.checkCredentials(question)
  switch (outcome.kind) {
    case 'confirmed': {
      const consent = await consentOf(ports, { request, provider, credentials, told: outcome })
      return completeByCredentials(ports, link, { consent, triesLeft })
    }
    case 'grant_dead':
      return again(ports, link, { provider, why: 'refused', detail: outcome.detail, triesLeft })
    case 'not_sent':
    case 'provider_failed':
    case 'answer_lost':
    case 'answer_unreadable':
    case 'unknown_refusal':
    case 'throttled':
      return again(ports, link, { provider, why: 'unavailable', detail: outcome.detail, triesLeft })
    case 'client_config':
      await noteFailure(ports, link, {
        provider,
        code: 'provider_misconfigured',
        detail: outcome.detail,
      })
      throw misconfigured(outcome.detail)
    default:
      return outcome satisfies never
  }
}

async function openFor(
  ports: Needs,
  demand: Demand,
): Promise<{ readonly link: ConnectLink; readonly provider: Provider }> {
  const { link, providers } = await openLink(ports, demand.secret)
  const chosen = providers.find(({ provider }) => provider.id === demand.provider)
  if (chosen?.provider.credentials?.kind === demand.credentials.kind) {
    return { link, provider: chosen.provider }
  }
  throw new VaultError('invalid_request', 'the link asks for no such credentials')
}

/** Without what is meant for others that the link may offer. */
function requestOf({ request }: ConnectLink, provider: Provider): ConnectRequest {
  const own = Object.entries(request.params).filter(([name]) =>
    Object.hasOwn(provider.params, name),
  )
  return { ...request, client: null, scope: null, params: Object.fromEntries(own) }
}

async function consentOf(
  ports: Needs,
  of: {
    readonly request: ConnectRequest
    readonly provider: Provider
    readonly credentials: Credentials
    readonly told: Extract<AttemptOutcome, { kind: 'confirmed' }>
  },
): Promise<Consent> {
  const { request, provider, credentials, told } = of
  const { connectionId } = request
  const slot = connectionId === null ? null : await ports.store.connection(connectionId)
  const held = slot === null ? null : accountHeldBy(slot, credentials)
  return {
    provider,
    request,
    requestedScope: [],
    arrival: {
      kind: 'credentials',
      credentials,
      providerData: told.providerData,
      sentAt: ports.clock.now(),
      tokenId: credentialsIdOf(ports, credentials),
    },
    account: completed(held ?? accountOfCredentials(credentials, provider), told.account),
  }
}

async function completeByCredentials(
  ports: Needs,
  link: ConnectLink,
  what: { readonly consent: Consent; readonly triesLeft: number },
): Promise<Entered> {
  const { provider } = what.consent
  try {
    const placed = await ports.store.write((trx) => completeLink(ports, trx, link, what.consent))
    return endConnected(ports, link, { provider, placed })
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    const { code: errorCode, message: detail } = error
    if (errorCode === 'account_mismatch') {
      const { triesLeft } = what
      return again(ports, link, { provider, why: 'other_account', detail, triesLeft })
    }
    return endFailed(ports, link, { provider, word: 'internal', errorCode, detail })
  }
}

const CODE = {
  refused: 'invalid_credentials',
  other_account: 'account_mismatch',
  unavailable: 'provider_unavailable',
} as const

async function again(
  ports: Needs,
  link: ConnectLink,
  about: {
    readonly provider: Provider
    readonly why: keyof typeof CODE
    readonly detail: string
    readonly triesLeft: number
  },
): Promise<Entered> {
  const { provider, why, detail, triesLeft } = about
  await noteFailure(ports, link, { provider, code: CODE[why], detail })
  return triesLeft === 0 ? giveUp(ports, link, provider) : { kind: 'again', why, triesLeft }
}

async function giveUp(ports: Needs, link: ConnectLink, provider: Provider): Promise<Entered> {
  const withdrawn = { ...link, state: { status: 'withdrawn' } } as const
  await ports.store.write((trx) => trx.trySaveLink(link, withdrawn))
  const errorCode = 'too_many_requests'
  const detail = 'the last try of this link was refused'
  return endFailed(ports, withdrawn, { provider, word: 'internal', errorCode, detail })
}
