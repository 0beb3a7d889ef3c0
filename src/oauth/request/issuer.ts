import type { Recipe } from '../recipe/preset-schema.ts'
import { fillText, type Variables } from './template.ts'

type Rules = Pick<Recipe, 'issuerFromClaim'>

/**
 * Makes the check whether metadata may name an issuer: the configured issuer, or a template for
 * many issuers.
 */
export function acceptsIssuer(
  rules: Rules,
  variables: Variables,
  configured: string,
): (issuer: string) => boolean {
  const many = issuerPattern(rules, variables, '\\{\\w+\\}')
  return (issuer) => issuer === configured || many?.test(issuer) === true
}

/**
 * The issuer that an id token must name, compared as a string. If `known` is a template for many
 * issuers, a claim of the id token selects the issuer. Otherwise, the issuer must be `known`.
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

/**
 * Checks the `iss` of a callback (RFC 9207). There is no id token yet, so its claim cannot select
 * the issuer.
 */
export function isFromIssuer(
  rules: Rules,
  variables: Variables,
  about: { readonly known: string; readonly iss: string },
): boolean {
  if (about.iss === about.known) return true
  const pattern = issuerPattern(rules, variables)
  return standsForMany(rules, variables, about.known) && pattern?.test(about.iss) === true
}

/**
 * Whether `known` is a template for many issuers, such as `…/common/v2.0`: it has the form of the
 * configured template, but its value is not valid for a single issuer.
 */
function standsForMany(rules: Rules, variables: Variables, known: string): boolean {
  const hasForm = issuerPattern(rules, variables, '[^/]+')?.test(known) === true
  return hasForm && issuerPattern(rules, variables)?.test(known) === false
}

/** Matches every issuer that the template can produce. Null if there is no template. */
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
