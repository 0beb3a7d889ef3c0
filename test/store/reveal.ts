import { openOrNull, type Sealed, Secret } from '../../src/core/base/secret.ts'

/**
 * A copy with every secret opened, so that values can be compared; null if a secret does not open.
 */
export function reveal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return { secret: value.expose() }
  if ('open' in value && typeof value.open === 'function')
    return reveal(openOrNull(value as Sealed))
  if (Array.isArray(value)) return value.map(reveal)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, reveal(part)]))
}
