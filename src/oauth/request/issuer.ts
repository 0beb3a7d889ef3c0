import type { Recipe } from '../recipe/preset-schema.ts'
import { fillText, type Variables } from './template.ts'

type Rules = Pick<Recipe, 'issuerFromClaim'>

/** Whether metadata may name `issuer` itself: exactly what was configured, or what stands for many. */
export function acceptsIssuer(
  rules: Rules,
  variables: Variables,
  configured: string,
): (issuer: string) => boolean {
  const many = issuerPattern(rules, variables, '\\{\\w+\\}')
  return (issuer) => issuer === configured || many?.test(issuer) === true
}

/**
 * The issuer that an id token or a callback must name, by simple string comparison. Where one
 * configured issuer stands for many, a claim says which; `known` wins as soon as it is one of them.
 */
export function expectedIssuer(
  rules: Rules,
  variables: Variables,
  about: { readonly known: string; readonly claims: Readonly<Record<string, unknown>> },
): string | null {
  const { issuerFromClaim } = rules
  if (issuerFromClaim === undefined || !standsForMany(rules, variables, about.known)) {
    return about.known
  }
  const value = about.claims[issuerFromClaim.claim]
  if (typeof value !== 'string') return null
  const issuer = fillText(issuerFromClaim.template, {
    ...variables,
    [issuerFromClaim.claim]: value,
  })
  return issuer !== null && issuerPattern(rules, variables)?.test(issuer) ? issuer : null
}

/** RFC 9207: the `iss` of a callback, before any claim is known. */
export function isFromIssuer(
  rules: Rules,
  variables: Variables,
  about: { readonly known: string; readonly iss: string },
): boolean {
  if (about.iss === about.known) return true
  const pattern = issuerPattern(rules, variables)
  return standsForMany(rules, variables, about.known) && pattern?.test(about.iss) === true
}

/** Whether `known` has the form of the template and is not one of its issuers: `…/common/v2.0`. */
function standsForMany(rules: Rules, variables: Variables, known: string): boolean {
  const hasForm = issuerPattern(rules, variables, '[^/]+')?.test(known) === true
  return hasForm && issuerPattern(rules, variables)?.test(known) === false
}

/** Every issuer that the template can name; null where there is no template. */
function issuerPattern(
  { issuerFromClaim }: Rules,
  variables: Variables,
  placeholder?: string,
): RegExp | null {
  if (issuerFromClaim === undefined) return null
  const { template, claim, pattern } = issuerFromClaim
  const parts = template.split(`{${claim}}`).map((part) => fillText(part, variables))
  if (parts.includes(null)) return null
  const values = placeholder === undefined ? pattern : `${pattern}|${placeholder}`
  const escaped = parts.map((part) => (part ?? '').replace(/[^\w]/g, '\\$&'))
  return new RegExp(`^${escaped.join(`(?:${values})`)}$`)
}
