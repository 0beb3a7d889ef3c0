import type { EnvironmentVariables } from './environment.ts'
import type { Findings } from './findings.ts'

/** How the process was started. */
export type ProcessState = {
  /** Node's own options on the command line. */
  readonly execArgv: readonly string[]
  readonly inspectorUrl: string | undefined
  /** Whether Node writes a diagnostic report on a signal, an exception or a fatal error. */
  readonly writesReports: boolean
}

/** Options of Node that reveal nothing of memory and traffic. Any other is refused. */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    // Memory and the engine.
    '--max-old-space-size --max-old-space-size-percentage --max-semi-space-size',
    '',
    // Standard error.
    '--disable-warning --no-warnings --trace-warnings',
    '--no-deprecation --pending-deprecation --trace-deprecation',
    '--enable-source-maps --stack-trace-limit --title',
    // Names, certificates and cryptography.
    '--dns-result-order --network-family-autoselection --no-network-family-autoselection',
    '--network-family-autoselection-attempt-timeout --use-openssl-ca --use-bundled-ca',
    '--use-system-ca --tls-min-v1.2 --tls-min-v1.3 --enable-fips --force-fips',
    '--secure-heap --secure-heap-min',
    // Restrictions.
    '--disable-sigusr1 --disable-proto --frozen-intrinsics --permission',
    '--allow-fs-read --allow-fs-write --allow-net --allow-addons --allow-worker',
    '--allow-child-process --allow-wasi',
    // Code and variables that the operator adds: as trusted as Larder itself.
    '--import --require -r --env-file --env-file-if-exists',
    '--preserve-symlinks --preserve-symlinks-main --experimental-strip-types',
  ].flatMap((names) => names.split(' ')),
)

/** Both print requests with tokens. */
const PRINTING = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE'] as const

/** Refuses to start if Node was told to reveal the memory or the traffic of the process. */
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

/** An option's name is no secret: Node does not start with an unknown one. */
function refuseOptions(source: string, options: readonly string[], findings: Findings): void {
  const names = options
    // Others are values of the preceding option.
    .filter((option) => option.startsWith('-'))
    // Node accepts `_` for `-` in a name.
    .map((option) => (option.split('=')[0] ?? '').replaceAll('_', '-'))
  for (const name of new Set(names.filter((one) => !ALLOWED.has(one)))) {
    findings.problem(source, `must not hold ${name}; docs/settings.md lists the options it may`)
  }
}

/**
 * Splits the variable as Node does: at spaces outside of quotes; inside, `\` escapes the next
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

/** Warns that forward proxies are not used: the address guard must open its connections itself. */
export function doubtProxyVariables(variables: EnvironmentVariables, findings: Findings): void {
  for (const name of PROXIES) if (variables[name]) findings.warning(name, PROXY_UNUSED)
}
