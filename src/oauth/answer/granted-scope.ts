import type { GrantedScope } from '../recipe/preset-fields.ts'

/**
 * Converts the scopes of an answer to their requested names, because providers shorten, lengthen
 * and omit scopes. Scopes that were not requested stay unchanged.
 */
export function grantedScopes(
  reported: readonly string[],
  requested: readonly string[],
  rules: GrantedScope,
): readonly string[] {
  const prefixes = [rules.prefix ?? []].flat()
  const canonical = (scope: string) => {
    const prefix = prefixes.find((each) => scope.startsWith(each)) ?? ''
    const bare = scope.slice(prefix.length)
    return rules.ignoreCase ? bare.toLowerCase() : bare
  }
  const names = (scope: string) =>
    [scope, ...(Object.hasOwn(rules.aliases, scope) ? (rules.aliases[scope] ?? []) : [])].map(
      canonical,
    )
  const given = new Set(reported.map(canonical))
  const granted = requested.filter(
    (scope) => rules.unreported.includes(scope) || names(scope).some((name) => given.has(name)),
  )
  const known = new Set(requested.flatMap(names))
  return [...new Set([...granted, ...reported.filter((scope) => !known.has(canonical(scope)))])]
}
