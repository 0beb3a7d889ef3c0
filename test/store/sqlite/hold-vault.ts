import { makeConnection } from '../../support/make-connection.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'

/*
 * A process that opens the vault in the directory it is given, writes a connection into it, says so,
 * and holds the vault until it is killed.
 */
const [, , dataDir = ''] = process.argv
const { store } = await openVaultStore({ dataDir })
await store.write((trx) => trx.insertConnection(makeConnection()))
process.stdout.write('held\n')
process.stdin.resume()
