import { describe, expect, test } from 'vitest'
import { VaultError } from '../../../src/core/base/errors.ts'
import { pressContinue } from '../../support/press-continue.ts'
import { showLink } from '../../../src/vault/connect/show-link.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { makeLink, walk, complete, headless } from './connect-stage.ts'

describe('why a connect failed', () => {
  test.each([
    [
      { act: 'refuse', error: 'invalid_client', status: 401 },
      'provider_misconfigured',
      expect.stringMatching(/^invalid_client: .* clientAuth/),
    ],
    [
      { act: 'refuse', error: 'invalid_scope', status: 400 },
      'provider_misconfigured',
      'the provider refuses the scopes that were sent: read write',
    ],
    [
      { act: 'answer', status: 404, body: 'html' },
      'provider_misconfigured',
      'the token endpoint is not at its address',
    ],
    [
      { act: 'answer', status: 500, body: 'html' },
      'provider_unavailable',
      'the provider answered with a server error',
    ],
  ] as const)('the log has the detail of a failed connect: %j', async (deed, code, detail) => {
    await using stage = await openStage()
    await stage.provider.misbehave(deed)
    const link = await makeLink(stage)
    await walk(stage, link)
    expect(failures(stage)).toEqual([{ provider: ACME, how: 'link', link: link.id, code, detail }])
    const demand = await headless(stage)
    await expect(complete(stage, OPERATOR, demand)).rejects.toMatchObject({ code })
    expect(failures(stage)[1]).toEqual({ provider: ACME, how: 'headless', code, detail })
  })

  test('a failure before the redirect to the provider is logged and stored with the link', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    const detail = 'the issuer answers no metadata'
    const begin = () => Promise.reject(new VaultError('provider_misconfigured', detail))
    const ports = { ...stage.ports, endpoint: { ...stage.ports.endpoint, begin } }
    const demand = { secret: link.secret, browserId: 'browser-1', provider: ACME }
    await expect(pressContinue(ports, demand)).rejects.toMatchObject({ message: detail })
    const code = 'provider_misconfigured'
    expect(failures(stage)).toEqual([{ provider: ACME, how: 'link', link: link.id, code, detail }])
    expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe(code)
  })

  test.each([
    ['redirect_uri_mismatch', 'provider_misconfigured', 'fix_configuration'],
    ['application_suspended', 'provider_misconfigured', 'fix_configuration'],
    ['unauthorized_scope_error', 'provider_misconfigured', 'fix_configuration'],
    ['invalid_client', 'provider_misconfigured', 'fix_configuration'],
    ['temporarily_unavailable', 'provider_unavailable', 'retry'],
    ['login_required', 'login_required', 'reauthorize'],
    ['consent_required', 'consent_required', 'reauthorize'],
    ['something_of_its_own', 'provider_refused', 'reauthorize'],
    ['access_denied', 'access_denied', 'reauthorize'],
  ])(
    'the callback error %s is reported to the app as %s, with or without a redirect URL',
    async (...told) => {
      const [error, errorCode, nextAction] = told
      const word = error === 'access_denied' ? 'reject' : 'internal'
      const providerError = error === errorCode ? null : error
      await using stage = await openStage()
      await stage.provider.setConsent({ kind: 'error', error })
      const link = await makeLink(stage)
      const { searchParams } = await walk(stage, link)
      const said = ['error', 'errorCode'].map((name) => searchParams.get(name))
      expect(said).toEqual([word, errorCode])
      expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe(errorCode)
      const demand = await headless(stage)
      const refused = { ...demand, code: null, error }
      await expect(complete(stage, OPERATOR, refused)).rejects.toMatchObject({
        code: 'invalid_request',
        extras: { reason: word, errorCode, nextAction, providerError },
      })
    },
  )

  test.each([
    ['server_error', 'provider_unavailable', 'server_error'],
    [
      'eyJhbGciOiJub25lIn0.canary',
      'provider_refused',
      'the provider sent the user back with an error',
    ],
  ])('the log never repeats the error text of a callback: %s', async (error, code, detail) => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    await stage.provider.setConsent({ kind: 'error', error })
    const home = await walk(stage, link)
    expect(failures(stage)).toMatchObject([{ link: link.id, code, detail }])
    expect(home.href).not.toContain('canary')
  })
})

function failures(stage: Stage) {
  return stage.observed.flatMap(({ what, about }) => (what === 'connectFailed' ? [about] : []))
}
