import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Where a secret must be in the clear, and why. Every other file only passes it on. */
const MAY_EXPOSE: Readonly<Record<string, string>> = {
  'src/seal/sealer.ts': 'seals it',
  'src/seal/open-settings.ts': 'digests it',
  'src/config/keys/master-key-once.ts': 'turns the master key into bytes',
  'src/config/database.ts': 'reads the host from the URL of the database',
  'src/store/postgres/settings.ts': 'connects to the database with it',
  'src/oauth/methods/check-client.ts': 'tries it at the start',
  'src/oauth/request/authorization-url.ts': 'puts state and verifier into the request',
  'src/oauth/request/client-authentication.ts': 'authenticates the client at its provider',
  'src/oauth/request/send-request.ts': 'sends it to the provider it came from',
  'src/webhooks/sign.ts': 'signs with it',
  'src/http/private/present.ts': 'gives the access token to the caller that asked for it',
  'src/cli/daemon-client.ts': 'shows the API key to the daemon',
}
const ROW_MAPPERS = /^src\/store\/rows\//

test('only the listed files unwrap a secret', () => {
  const exposing = globSync('src/**/*.ts').filter(
    (file) => !ROW_MAPPERS.test(file) && readFileSync(file, 'utf8').includes('.expose('),
  )
  expect(exposing.toSorted()).toEqual(Object.keys(MAY_EXPOSE).toSorted())
})
