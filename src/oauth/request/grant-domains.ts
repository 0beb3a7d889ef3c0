import type { ClientCredentials } from '../../core/connection/connection.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import { fillText, type Variables, variablesOf } from './template.ts'
import type { ConfiguredProvider } from '../recipe/configured-provider.ts'

/** The hosts of a provider's endpoints, and the vendor if the preset names one. */
export function grantDomainsOf(recipe: Recipe, params: Variables): readonly string[] {
  const { issuer, authorizationEndpoint, tokenEndpoint, revocationEndpoint, grantDomain } = recipe
  const urls = [issuer, authorizationEndpoint, tokenEndpoint, revocationEndpoint]
  const hosts = urls.flatMap((url) =>
    url === undefined ? [] : hostOf(url, defaults(recipe, params)),
  )
  return [...new Set([...hosts, ...(grantDomain === undefined ? [] : [grantDomain.name])])]
}

/**
 * Returns a name for each set of grants that a revocation at this client may revoke. Two clients
 * with a common name may share a grant, even if their secrets and provider ids differ.
 */
export function grantKeys(
  configured: ReadonlyMap<ProviderId, ConfiguredProvider>,
  id: ProviderId,
  own: Pick<ClientCredentials, 'id'> | null,
): readonly string[] {
  const of = configured.get(id)
  const client = own?.id ?? of?.client?.id ?? ''
  const { name: vendor = null, projectSeparator } = of?.recipe.grantDomain ?? {}
  const project = projectOf(client, projectSeparator)
  const domains = of?.provider.grantDomains ?? []
  return [id, ...domains].map((name) => `${name} ${name === vendor ? project : client}`)
}

function projectOf(client: string, separator: string | undefined): string {
  return separator === undefined ? client : (client.split(separator, 1)[0] ?? client)
}

/** The scheme and host in lower case. Parameters that each connection sets stay placeholders. */
function hostOf(template: string, params: Variables): readonly string[] {
  const known = Object.fromEntries(variablesOf(template).map((name) => [name, `{${name}}`]))
  const filled = fillText(template, { ...known, ...params }) ?? template
  const host = /^\w+:\/\/[^/?#]*/.exec(filled)?.[0]
  return host === undefined ? [] : [host.toLowerCase()]
}

function defaults(recipe: Recipe, params: Variables): Variables {
  const entries = Object.entries(recipe.params).flatMap(([name, param]) => {
    const value = params[name] ?? param.default
    return value === undefined ? [] : [[name, param.values?.[value] ?? value] as const]
  })
  return Object.fromEntries(entries)
}
