import { VaultError } from './errors.ts'

/** Milliseconds since the epoch, by this machine's clock. */
export type Instant = number

export type ConnectionId = string & { readonly brand: 'ConnectionId' }
export type GrantId = string & { readonly brand: 'GrantId' }
export type LinkId = string & { readonly brand: 'LinkId' }
export type FlowId = string & { readonly brand: 'FlowId' }
export type KeyId = string & { readonly brand: 'KeyId' }
export type AttemptId = string & { readonly brand: 'AttemptId' }
export type UserId = string & { readonly brand: 'UserId' }
export type ProviderId = string & { readonly brand: 'ProviderId' }

type Prefixes = {
  con: ConnectionId
  grt: GrantId
  lnk: LinkId
  flw: FlowId
  key: KeyId
  att: AttemptId
  evt: string
  rev: string
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A ULID with a prefix (`con_01j…`): 48 bits of time, then 80 random bits. Ids sort by age, so new
 * rows do not shift the pages of a list. `random` must be 10 bytes.
 */
export function newId<P extends keyof Prefixes>(
  prefix: P,
  now: Instant,
  random: Uint8Array,
): Prefixes[P] {
  let bits = BigInt(Math.max(0, Math.trunc(now))) & 0xffff_ffff_ffffn
  for (const byte of random.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text
    bits >>= 5n
  }
  return `${prefix}_${text}` as Prefixes[P]
}

function hasShape(prefix: keyof Prefixes, raw: string): boolean {
  return raw.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(raw.slice(4))
}

/** A malformed id gets the same answer as an unknown one. */
export function parseConnectionId(raw: string): ConnectionId {
  if (!hasShape('con', raw)) throw new VaultError('not_found', 'no such connection')
  return raw as ConnectionId
}

export function parseLinkId(raw: string): LinkId {
  if (!hasShape('lnk', raw)) throw new VaultError('not_found', 'no such link')
  return raw as LinkId
}

export function parseKeyId(raw: string): KeyId {
  if (!hasShape('key', raw)) throw new VaultError('not_found', 'no such key')
  return raw as KeyId
}
