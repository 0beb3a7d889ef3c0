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

/**
 * Every step that was ever released, in order of name. No step is ever edited. Each runs in a
 * transaction of its own, together with the record that it ran: it uses only the `trx` that it is given.
 * What the tables look like after it is written down in `src/store/sqlite/expected-schema.ts`.
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
}
