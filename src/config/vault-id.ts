import { existsSync } from 'node:fs'
import type { Environment, Rule } from './environment.ts'
import type { Findings } from './findings.ts'

const vaultIdRule: Rule = (raw) =>
  /^[0-9a-f]{32}$/.test(raw) ? null : 'must be the vaultId that the log shows at a start'

/**
 * Returns the id that the vault must have. Null accepts any vault, or creates one. If a volume is
 * not mounted, its directory is empty, and a new vault there would report every user as missing.
 * The id is compared when the vault is opened. `databaseFile` is null if the vault is not a file.
 */
export function readVaultId(
  environment: Environment,
  databaseFile: string | null,
  findings: Findings,
): string | null {
  const vaultId = environment.text('LARDER_VAULT_ID', vaultIdRule)
  if (vaultId !== null && databaseFile !== null && !existsSync(databaseFile)) {
    const detail = 'there is no vault in the data directory; is its volume mounted, and readable?'
    findings.problem('LARDER_VAULT_ID', detail)
  }
  return vaultId
}
