import type { Migration } from 'kysely/migration'
import { createVault } from './0001-vault.ts'
import { createWebhooks } from './0002-webhooks.ts'
import { addCredentials } from './0003-credentials.ts'
import { addForetoldEnds } from './0004-foretold-ends.ts'
import { addFlowsOfLinks } from './0005-flows-of-links.ts'
import { addRowSeals } from './0006-row-seals.ts'
import { addRejections } from './0007-rejections.ts'
import { addHoldsOfWebhooks } from './0008-holds-of-webhooks.ts'
import { addRefreshTokenOrigins } from './0009-refresh-token-origins.ts'
import { dropLeaseFence } from './0010-no-lease-fence.ts'
import { addLastReads } from './0011-last-reads.ts'
import { shortenRowSeals } from './0012-short-row-seals.ts'
import { adaptToPostgres } from './0013-postgres.ts'

/**
 * All migrations ever released, ordered by name. A released migration never changes. Each runs in its own
 * transaction, which also records that it ran, so it must use only the given `trx`.
 * `src/store/sqlite/expected-schema.ts` contains a hash of the schema after each migration.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-vault': { up: createVault },
  '0002-webhooks': { up: createWebhooks },
  '0003-credentials': { up: addCredentials },
  '0004-foretold-ends': { up: addForetoldEnds },
  '0005-flows-of-links': { up: addFlowsOfLinks },
  '0006-row-seals': { up: addRowSeals },
  '0007-rejections': { up: addRejections },
  '0008-holds-of-webhooks': { up: addHoldsOfWebhooks },
  '0009-refresh-token-origins': { up: addRefreshTokenOrigins },
  '0010-no-lease-fence': { up: dropLeaseFence },
  '0011-last-reads': { up: addLastReads },
  '0012-short-row-seals': { up: shortenRowSeals },
  '0013-postgres': { up: adaptToPostgres },
}
