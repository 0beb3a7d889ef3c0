import { Secret } from '../../../src/core/base/secret.ts'
import { configureProviders, parseProvider } from '../../../src/oauth/recipe/configure-providers.ts'

export const source = (id: string, settings: object = {}) => ({
  id,
  settings: { clientId: 'c', ...settings },
  clientSecrets: [new Secret('s')],
})

export const problemsOf = (id: string, settings: object = {}) => {
  const result = parseProvider(source(id, settings))
  return result.kind === 'ok' ? [] : result.problems
}

export const configured = (
  id: string,
  settings: object = {},
  publicUrl = 'https://larder.example.com',
) => {
  const found = [...configureProviders([source(id, settings)], publicUrl).configured.values()][0]
  if (found === undefined) throw new Error('nothing configured')
  return found
}

export const NO_ENDPOINT =
  'must be https, or http to localhost or a loopback address; for http to a host of your own network set allowPlainHttp'
