import { createServer } from 'node:http'
import { join } from 'node:path'
import Router from '@koa/router'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import Koa from 'koa'
import sodium from 'libsodium-wrappers'
import type { ConnectionId, GrantId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { associatedData } from '../../src/seal/associated-data.ts'
import { openKeyring } from '../../src/seal/keyring.ts'
import { parseBlob } from '../../src/seal/sealed-blob.ts'
import { readVaultKeys } from '../../src/store/queries/keys.ts'
import { accessTokenPlace } from '../../src/store/rows/connection-places.ts'
import type { Schema } from '../../src/store/schema.ts'
import { VaultSqliteDialect } from '../../src/store/sqlite/dialect.ts'
import { masterKey } from '../../test/support/open-vault-store.ts'
import { answerMessages } from '../support/child.ts'

/**
 * The least work of a cold read: Koa with a router, one read by key with better-sqlite3, one value
 * opened with libsodium. It reads the database that Larder reads. The arguments are the data
 * directory and one answer of Larder, whose token it replaces.
 */
const [dataDir = '', sample = ''] = process.argv.slice(2)
const TOKEN = /ya29\.[\w.]+/
const [before = '', after = ''] = Buffer.from(sample, 'base64').toString().split(TOKEN)

type Row = {
  readonly user_id: UserId
  readonly provider: ProviderId
  readonly grant_id: GrantId
  readonly generation: number
  readonly access_token_blob: Uint8Array
}

const raw = new Database(join(dataDir, 'larder.db'), { readonly: true })
const keyring = await openKeys()
const byId = raw.prepare<[string], Row>(
  `select user_id, provider, grant_id, generation, access_token_blob
   from connections where id = ?`,
)
const router = new Router()
router.get('/v1/connections/:id/token', (ctx) => {
  const id = ctx.params['id'] ?? ''
  const found = byId.get(id)
  if (found === undefined) {
    ctx.status = 404
    return
  }
  ctx.type = 'application/json'
  ctx.body = before + openToken(id as ConnectionId, found) + after
})
const app = new Koa()
app.use(router.routes())
const answer = app.callback()
const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => answerMessages(() => server.address()))
process.once('disconnect', () => process.exit(0))

async function openKeys() {
  const keys = await readVaultKeys(new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) }))
  if (keys === null) throw new Error('the vault has no keys')
  const opened = await openKeyring(masterKey(), keys)
  return { vaultId: keys.vaultId, id: opened.current.id, key: opened.current.key }
}

function openToken(id: ConnectionId, found: Row): string {
  const { nonce, ciphertext } = parseBlob(found.access_token_blob)
  const owner = { id, userId: found.user_id, provider: found.provider }
  const place = accessTokenPlace(owner, { id: found.grant_id, generation: found.generation })
  const plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
    null,
    ciphertext,
    associatedData(keyring.vaultId, keyring.id, place),
    nonce,
    keyring.key,
    'text',
  )
  return TOKEN.exec(plain)?.[0] ?? ''
}
