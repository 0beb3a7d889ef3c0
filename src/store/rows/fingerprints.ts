import type { ProviderId } from '../../core/base/ids.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { RowCipher } from './row-cipher.ts'

/**
 * Keyed hashes for equality search. The label includes the provider, so equal accounts or tokens of
 * two providers have different hashes.
 */

export function accountHash(cipher: RowCipher, provider: ProviderId, accountId: string): string {
  return cipher.sealer.fingerprint(`account/v1/${provider}`, accountId)
}

export function refreshTokenHash(cipher: RowCipher, provider: ProviderId, token: Secret): string {
  return cipher.sealer.fingerprint(`refresh-token/v1/${provider}`, token)
}
