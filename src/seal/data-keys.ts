import type { Secret } from '../core/secret.ts'
import type { DataKeys } from '../ports.ts'
import { addDataKey, type Keyring, openKeyring } from './keyring.ts'
import { masterKeyBytes } from './open-settings.ts'

/** The keyring of an open vault, as the use case that renews its data key wants it. */
export function dataKeysOf(keyring: Keyring, masterKey: Secret): DataKeys {
  return {
    withNewKey: (keys, now) => addDataKey(masterKeyBytes(masterKey), keys, now),
    takeUp: async (keys) => keyring.takeUp(await openKeyring(masterKeyBytes(masterKey), keys)),
  }
}
