import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'

test.each([
  ['stores the reads of its connections', '\nrefresh: { keepFreshDays: 30 }\n', [null, 'a time']],
  ['stores no read by default', '', [null, null]],
])(
  'a daemon that stops %s',
  async (_, refresh, expected) => {
    await using at = await makeInstallation({ configuration: CONFIGURATION + refresh })
    await using daemon = await startLarderProcess(at)
    const api = new LarderApi(at)
    for (const userId of ['unread', 'read']) {
      const tokens = { accessToken: `at-${userId}`, refreshToken: userId, expiresInSeconds: 36_000 }
      await api.post('/v1/connections', { userId, provider: 'acme', accountId: userId, ...tokens })
    }
    expect((await api.get('/v1/users/read/oauth/acme/token')).status).toBe(200)
    daemon.kill('SIGTERM')
    expect(await daemon.ended).toBe(0)
    const file = new Database(join(at.dataDir, 'larder.db'), { readonly: true })
    const rows = file
      .prepare<[], { at: number | null }>(
        'select last_read_at as at from connections order by user_id desc',
      )
      .all()
    file.close()
    expect(rows.map((row) => (row.at === null ? null : 'a time'))).toEqual(expected)
  },
  60_000,
)

const CONFIGURATION = `providers:
  acme:
    authorizationEndpoint: http://127.0.0.1:9/authorize
    tokenEndpoint: http://127.0.0.1:9/token
    clientId: reads
    clientSecret: reads-secret
`
