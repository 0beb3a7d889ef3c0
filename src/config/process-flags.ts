import type { EnvironmentVariables } from './environment.ts'
import type { Findings } from './findings.ts'

/** How the process was started. */
export type ProcessState = {
  /** Node's own options from the command line. */
  readonly execArgv: readonly string[]
  readonly inspectorUrl: string | undefined
  /** Whether Node writes a diagnostic report on a signal, an exception or a fatal error. */
  readonly writesReports: boolean
}

/** Node options that reveal neither memory nor traffic. All others are rejected. */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    // Options for memory and the engine.
    '--max-old-space-size --max-old-space-size-percentage --max-semi-space-size',
    '--min-semi-space-size --stack-size --v8-pool-size --optimize-for-size',
    // Options for standard error.
    '--disable-warning --no-warnings --trace-warnings',
    '--no-deprecation --pending-deprecation --trace-deprecation',
    '--enable-source-maps --stack-trace-limit --title',
    // Options for DNS, TLS and cryptography.
    '--dns-result-order --network-family-autoselection --no-network-family-autoselection',
    '--network-family-autoselection-attempt-timeout --use-openssl-ca --use-bundled-ca',
    '--use-system-ca --tls-min-v1.2 --tls-min-v1.3 --enable-fips --force-fips',
    '--secure-heap --secure-heap-min',
    // Options that restrict the process.
    '--disable-sigusr1 --disable-proto --frozen-intrinsics --permission',
    '--allow-fs-read --allow-fs-write --allow-net --allow-addons --allow-worker',
    '--allow-child-process --allow-wasi',
    // Options that load code and variables of the operator, who is as trusted as Larder itself.
    '--import --require -r --env-file --env-file-if-exists',
    '--preserve-symlinks --preserve-symlinks-main --experimental-strip-types',
  ].flatMap((names) => names.split(' ')),
)

/** With either variable, Node prints requests with tokens. */
const PRINTING = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE'] as const

/** Refuses the start if a Node option would reveal the memory or the traffic of the process. */
export function checkProcessFlags(
  variables: EnvironmentVariables,
  state: ProcessState,
  findings: Findings,
): void {
  refuseOptions('NODE_OPTIONS', optionsOf(variables['NODE_OPTIONS'] ?? ''), findings)
  refuseOptions('node', state.execArgv, findings)
  for (const name of PRINTING) {
    if (variables[name]) findings.problem(name, 'must not be set: it prints requests and tokens')
  }
  if (state.inspectorUrl !== undefined) {
    findings.problem('node', 'must not be run with an inspector, which shows the keys')
  }
  if (state.writesReports) {
    findings.problem('node', 'must not be run with diagnostic reports, which are written to disk')
  }
}

/**
 * Reports option names. A name is never a secret, because Node does not start with an unknown
 * option.
 */
function refuseOptions(source: string, options: readonly string[], findings: Findings): void {
  const names = options
    // A word without a hyphen is the value of an option.
    .filter((option) => option.startsWith('-'))
    // Node also accepts `_` instead of `-` in option names.
    .map((option) => (option.split('=')[0] ?? '').replaceAll('_', '-'))
  for (const name of new Set(names.filter((one) => !ALLOWED.has(one)))) {
    findings.problem(source, `must not hold ${name}; docs/settings.md lists the options it may`)
  }
}

/**
 * Splits the variable like Node: at spaces outside of quotes. Inside quotes, `\` escapes the next
 * character.
 */
function optionsOf(text: string): readonly string[] {
  const options: string[] = []
  let current: string | null = null
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === ' ' && !isQuoted) {
      if (current !== null) options.push(current)
      current = null
    } else if (character === '"') {
      isQuoted = !isQuoted
    } else {
      current = (current ?? '') + (character === '\\' && isQuoted ? text.charAt(++at) : character)
    }
  }
  if (current !== null) options.push(current)
  return options
}

const PROXIES = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [
  name.toUpperCase(),
  name,
])

const PROXY_UNUSED =
  'is set and not used: Larder connects to providers and webhook receivers directly, ' +
  'so this machine needs a route to them'

/**
 * Warns that Larder ignores forward proxies, because the address guard must open connections
 * itself.
 */
export function doubtProxyVariables(variables: EnvironmentVariables, findings: Findings): void {
  for (const name of PROXIES) if (variables[name]) findings.warning(name, PROXY_UNUSED)
}
