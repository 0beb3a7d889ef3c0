import { stringify } from 'yaml'
import { makeInstallation, startLarderProcess } from './larder-process.ts'

export type RunningLarder = Awaited<ReturnType<typeof startLarder>>

export type CreatedLink = { readonly id: string; readonly url: string; readonly expiresAt: string }

/**
 * Starts Larder as a process, with a client for its API. Its public URL is on `localhost`, another
 * site than the providers and apps of the tests, which are on 127.0.0.1.
 */
export async function startLarder(settings: {
  readonly providers: Readonly<Record<string, unknown>>
  readonly redirectUrls: readonly string[]
}) {
  await using opened = new AsyncDisposableStack()
  const at = opened.use(
    await makeInstallation({
      configuration: stringify(settings),
      environment: { LARDER_LOG_LEVEL: 'trace' },
    }),
  )
  const process = opened.use(await startLarderProcess(at))
  const api = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${at.privateUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${at.apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
  const running = opened.move()
  return {
    publicUrl: at.publicUrl,
    dataDir: at.dataDir,
    /** The log so far. */
    output: () => process.output(),
    api,
    async createLink(demand: Readonly<Record<string, unknown>>): Promise<CreatedLink> {
      const { status, body } = await api('POST', '/v1/connect-links', demand)
      if (status !== 201) throw new Error(`no link: ${JSON.stringify(body)}`)
      return body
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The settings of a test's identity provider. */
export function providerSettings(provider: {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}) {
  return {
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ['openid', 'email', 'profile', 'offline_access'],
    authorizationParams: { prompt: 'consent' },
  }
}
