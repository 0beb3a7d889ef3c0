import { hash } from 'node:crypto'
import type { Account, Issued } from '../ledger.ts'
import { refreshGrant } from '../refresh-grant.ts'
import { accountOf } from '../accounts.ts'
import { type Asked, type Outcome, refusal, termsOf, type Tweak, type World } from '../world.ts'
import { isKnownClient } from './authenticate-client.ts'

/** RFC 6749 §3.2. */
export function answerToken(world: World, asked: Asked, tweak: Tweak): Outcome {
  if (asked.method !== 'POST') return refusal(world, 'invalid_request')
  if (!isKnownClient(world, asked)) return refusal(world, 'invalid_client')
  switch (asked.params.get('grant_type')) {
    case 'authorization_code':
      return exchangeCode(world, asked, tweak)
    case 'refresh_token':
      return refresh(world, asked, tweak)
    case 'client_credentials':
      return machineToken(world, asked, tweak)
    default:
      return refusal(world, 'unsupported_grant_type')
  }
}

function refresh(world: World, { shown }: Asked, tweak: Tweak): Outcome {
  if (shown?.kind !== 'refresh' || shown.family === null) {
    return refusal(world, 'invalid_grant', 'refresh_token')
  }
  const { settings } = world
  const rules = tweak.rotates === false ? { ...settings, rotation: 'same' as const } : settings
  const answer = refreshGrant(
    world.ledger,
    { family: shown.family, ordinal: shown.ordinal },
    { rules, terms: termsOf(world, tweak.lifeSeconds) },
  )
  if (answer.kind === 'refused') return refusal(world, 'invalid_grant', 'refresh_token')
  return tokens(world, answer.issued, answer.rotated, settings.rotation !== 'none')
}

function exchangeCode(world: World, { params }: Asked, tweak: Tweak): Outcome {
  const code = world.codes.get(params.get('code') ?? '')
  if (code === undefined) return refusal(world, 'invalid_grant', 'authorization_code')
  const now = world.clock.now()
  if (code.family !== null) {
    // A second redemption means that an attacker has the code (RFC 6749 §4.1.2).
    world.ledger.revoke(code.family, 'code_replay', now)
    return refusal(world, 'invalid_grant', 'authorization_code')
  }
  const verified = code.challenge === null || code.challenge === challengeOf(params)
  const expected = code.redirectUri === params.get('redirect_uri')
  if (!verified || !expected || code.expiresAt <= now) {
    return refusal(world, 'invalid_grant', 'authorization_code')
  }
  const issued = mint(world, tweak, { ...code, machine: false })
  code.family = issued.family
  return tokens(world, issued, true, true)
}

function machineToken(world: World, { params }: Asked, tweak: Tweak): Outcome {
  const grant = { account: world.account, scope: params.get('scope') ?? '', machine: true }
  return tokens(world, mint(world, tweak, grant), false, false)
}

function mint(
  world: World,
  tweak: Tweak,
  grant: { readonly account: Account | null; readonly scope: string; readonly machine: boolean },
): Issued {
  const account = grant.account ?? accountOf(world.ledger.families.length)
  return world.ledger.mint({ ...grant, account }, termsOf(world, tweak.lifeSeconds))
}

function tokens(
  world: World,
  issued: Issued,
  rotated: boolean,
  sendsRefreshToken: boolean,
): Outcome {
  const json = world.dialect.tokens(issued, { refreshToken: sendsRefreshToken })
  return { reply: { status: 200, headers: {}, json }, issued, rotated, refused: null }
}

/** RFC 7636 §4.2. */
function challengeOf(params: Asked['params']): string {
  return hash('sha256', params.get('code_verifier') ?? '', 'base64url')
}
