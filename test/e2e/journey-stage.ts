import { stringify } from 'yaml'
import type { Dialect } from '../contract/dialect.ts'
import { type DialectServer, startDialectServer } from '../contract/dialect-server.ts'
import { dialects } from '../contract/dialects/index.ts'
import { withoutConsent } from '../contract/dialects/without-consent.ts'
import { elsewhere } from '../contract/elsewhere.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'

export const HOME = 'https://app.example.com/oauth'
export const CLIENT = { id: 'client-1', secret: 's3cret-Of_the.client' }

export type Journey = AsyncDisposable & {
  readonly provider: string
  readonly api: LarderApi
  readonly vendor: DialectServer
  readonly at: { readonly publicUrl: string; readonly privateUrl: string; readonly apiKey: string }
}

/** For each preset, its dialect with the endpoints on loopback, as for a self-hosted server. */
const AT_LOOPBACK: Readonly<Record<string, (origin: string) => Dialect>> = {
  google: (origin) =>
    elsewhere(vendorOf('google'), {
      // The issuer keeps its name, because id tokens and callbacks contain it.
      'https://accounts.google.com/o/': `${origin}/accounts/o/`,
      'https://oauth2.googleapis.com': `${origin}/oauth2`,
      'https://www.googleapis.com/oauth2': `${origin}/certs`,
      'https://openidconnect.googleapis.com': `${origin}/openid`,
    }),
  microsoft: (origin) =>
    elsewhere(vendorOf('microsoft'), {
      'https://login.microsoftonline.com/common/': `${origin}/login/`,
      'https://graph.microsoft.com/oidc': `${origin}/graph`,
    }),
  zoom: (origin) =>
    elsewhere(vendorOf('zoom'), {
      'https://zoom.us': `${origin}/zoom`,
      'https://api.zoom.us': `${origin}/api`,
    }),
  calcom: (origin) =>
    elsewhere(vendorOf('calcom'), {
      'https://app.cal.com': origin,
      'https://api.cal.com': `${origin}/api`,
    }),
  'icloud-caldav': (origin) =>
    elsewhere(vendorOf('icloud-caldav'), { 'https://caldav.icloud.com': origin }),
  'calcom-legacy': (origin) =>
    elsewhere(vendorOf('calcom-legacy'), { 'https://app.cal.com': origin }),
}

/** Starts Larder with one preset, and a server that plays its vendor. */
export async function openJourney(
  provider: string,
  more: {
    readonly settings?: Readonly<Record<string, unknown>>
    readonly file?: Readonly<Record<string, unknown>>
  } = {},
): Promise<Journey> {
  await using opened = new AsyncDisposableStack()
  const dialectAt = AT_LOOPBACK[provider]
  if (dialectAt === undefined) throw new Error(`no vendor for ${provider}`)
  const vendor = opened.use(
    await startDialectServer({ dialectAt, client: CLIENT, redirectUri: '', now: Date.now }),
  )
  const settings = { ...settingsOf(provider, vendor.dialect), ...more.settings }
  const file = { redirectUrls: [HOME], providers: { [provider]: settings }, ...more.file }
  const at = opened.use(await makeInstallation({ configuration: stringify(file) }))
  vendor.redirectUri = `${at.publicUrl}/callback/${provider}`
  opened.use(await startLarderProcess(at))
  const running = opened.move()
  return {
    provider,
    api: new LarderApi(at),
    vendor,
    at,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function vendorOf(provider: string): Dialect {
  const dialect = { ...dialects, ...withoutConsent }[provider]
  if (dialect === undefined) throw new Error(`no dialect of ${provider}`)
  return dialect
}

/** A vendor without consent has no client; the settings only move the preset's probe to loopback. */
function settingsOf(provider: string, dialect: Dialect) {
  if (provider in withoutConsent) return { probe: { url: dialect.probes?.[0]?.url } }
  return { clientId: CLIENT.id, clientSecret: CLIENT.secret, ...endpointsOf(dialect) }
}

function endpointsOf({ authorize, exchange, refresh, probes, openid, revocation }: Dialect) {
  return {
    authorizationEndpoint: authorize.url,
    tokenEndpoint: exchange.url,
    ...(refresh === null || refresh.url === exchange.url ? {} : { refreshEndpoint: refresh.url }),
    ...(probes?.[0] === undefined ? {} : { userinfoEndpoint: probes[0].url }),
    ...(openid?.jwks === undefined ? {} : { jwksUri: openid.jwks }),
    ...(revocation === null ? {} : { revocationEndpoint: revocation.url }),
  }
}
