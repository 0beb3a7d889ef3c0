import type { EnvironmentVariables } from './environment.ts'
import type { Findings } from './findings.ts'

const NAMES = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [
  name.toUpperCase(),
  name,
])

const UNUSED =
  'is set and not used: Larder connects to providers and webhook receivers directly, ' +
  'so this machine needs a route to them'

/** Warns that forward proxies are not used: the address guard must open its connections itself. */
export function doubtProxyVariables(variables: EnvironmentVariables, findings: Findings): void {
  for (const name of NAMES) if (variables[name]) findings.warning(name, UNUSED)
}
