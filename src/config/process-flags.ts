import type { Variables } from './environment.ts'
import type { Findings } from './findings.ts'

/** Each of these lets another process read this one's memory, keys included, or writes it to disk. */
const OPENING =
  /^--(inspect|debug|heapsnapshot|heap-prof|cpu-prof|report|diagnostic-report|abort-on-uncaught)/

/** Refuses to hold keys in a process that node itself was told to open. */
export function checkProcessFlags(
  variables: Variables,
  execArgv: readonly string[],
  findings: Findings,
): void {
  const fromEnvironment = (variables['NODE_OPTIONS'] ?? '').split(/\s+/)
  if (fromEnvironment.some(opens)) {
    findings.problem('NODE_OPTIONS', 'must not open an inspector nor write reports or snapshots')
  }
  if (execArgv.some(opens)) {
    findings.problem('node', 'must not be run with an inspector, reports or snapshots')
  }
}

/** Node takes `_` for `-` in its options, and quotes around them in the variable. */
function opens(option: string): boolean {
  return OPENING.test(option.replaceAll('_', '-').replaceAll('"', ''))
}
