import { makeConnection } from '../../support/make-connection.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'

/*
 * Opens the vault in the given directory, writes a connection, prints "held", and holds the vault
 * until the process is killed.
 */
const [, , dataDir = ''] = process.argv
const { store } = await openVaultStore({ dataDir })
await store.write((trx) => trx.insertConnection(makeConnection()))
process.stdout.write('held\n')
process.stdin.resume()
