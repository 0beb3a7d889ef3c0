import { Secret } from '../../src/core/secret.ts'

/** A value with every secret in it opened, so that two can be compared. */
export function reveal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return { secret: value.expose() }
  if ('open' in value && typeof value.open === 'function') return reveal(value.open())
  if (Array.isArray(value)) return value.map(reveal)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, reveal(part)]))
}
