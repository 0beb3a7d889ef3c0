import type { Dialect } from './dialect.ts'

/** The same vendor at other addresses: a sandbox, or a self-hosted server. */
export function elsewhere(
  dialect: Dialect,
  addresses: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>> = {},
): Dialect {
  const moved = Object.entries(addresses).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    JSON.stringify(dialect),
  )
  return { ...(JSON.parse(moved) as Dialect), settings: { ...dialect.settings, ...settings } }
}
