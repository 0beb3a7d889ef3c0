import type { Secret } from '../../core/base/secret.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { RecipeProblem } from '../recipe/recipe.ts'
import { canSign } from '../request/strategies.ts'

/** Returns the problems of the client id in the settings. */
export function checkClientId(clientId: unknown): readonly RecipeProblem[] {
  if (clientId === undefined) return []
  if (typeof clientId !== 'string' || clientId === '') {
    return [{ path: 'clientId', detail: 'must be text' }]
  }
  return isPrintable(clientId) ? [] : [{ path: 'clientId', detail: PRINTABLE_DEMAND }]
}

/**
 * Returns the problems of each secret. A secret must be printable, or a private key that can sign.
 */
export function checkClientSecrets(
  secrets: readonly Secret[],
  { clientAuth }: Recipe,
): readonly RecipeProblem[] {
  const [isGood, detail] =
    typeof clientAuth === 'object' ? [canSign, KEY_DEMAND] : [isPrintable, PRINTABLE_DEMAND]
  return secrets.flatMap((secret, index) => {
    const path = secrets.length > 1 ? `clientSecrets.${index}` : 'clientSecret'
    return isGood(secret.expose()) ? [] : [{ path, detail }]
  })
}

/** RFC 6749 Appendix A.1 and A.2: a client id or secret is visible ASCII and space. */
function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text)
}

const PRINTABLE_DEMAND =
  'must be printable ASCII in one line: look for line breaks and invisible characters'
const KEY_DEMAND = 'must be a private key in PEM: RSA, EC P-256, EC P-384 or Ed25519'
