import { fileURLToPath } from 'node:url'
import { masterKey } from '../support/open-vault-store.ts'
import { LarderApi } from '../support/larder-api.ts'
import {
  type Installation,
  makeInstallation,
  type SpawnedLarder,
  spawnLarderProcess,
} from '../support/larder-process.ts'
import type { MintOptions } from '../scripted-provider/commands.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import type { ScriptedProviderOptions } from '../scripted-provider/settings.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'

export type CrashOptions = {
  readonly provider: ScriptedProviderOptions
  /** The section `refresh` of larder.yaml. */
  readonly refresh?: Readonly<Record<string, number>>
  /** The provider's `refreshTokens` in larder.yaml. */
  readonly refreshTokens?: Readonly<Record<string, unknown>>
  readonly environment?: Readonly<Record<string, string>>
  /** The words that run the program. Without them, its sources run. */
  readonly program?: readonly string[] | undefined
}

/** A connection to a grant of the scripted provider. Its user id is the family id. */
export type Adopted = { readonly id: string; readonly family: FamilyId }

export type CrashStage = AsyncDisposable & {
  readonly provider: ScriptedProvider
  readonly at: Installation
  readonly api: LarderApi
  /** Times of all kills and starts, by the provider's clock. */
  readonly kills: number[]
  readonly starts: number[]
  /** Starts Larder without waiting until it is ready. */
  spawn(through?: readonly string[]): Promise<SpawnedLarder>
  start(through?: readonly string[]): Promise<SpawnedLarder>
  /** Sends SIGKILL and waits for the end. */
  kill(larder: SpawnedLarder): Promise<void>
  adopt(count: number, mint?: MintOptions): Promise<readonly Adopted[]>
}

/** Starts a scripted provider in its own process, which outlives the Larder processes that follow. */
export async function openCrashStage(options: CrashOptions): Promise<CrashStage> {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startScriptedProvider(options.provider))
  const at = opened.use(await makeInstallation(installationOf(provider, options)))
  const api = new LarderApi(at)
  const [kills, starts]: [number[], number[]] = [[], []]
  const last: { larder: SpawnedLarder | null } = { larder: null }
  const spawn = async (through: readonly string[] = []): Promise<SpawnedLarder> => {
    starts.push(provider.now())
    last.larder = await spawnLarderProcess(at, through)
    return last.larder
  }
  opened.defer(async () => {
    last.larder?.kill('SIGKILL')
    await last.larder?.ended
  })
  const running = opened.move()
  return {
    provider,
    at,
    api,
    kills,
    starts,
    spawn,
    start: async (through) => {
      const larder = await spawn(through)
      if (!(await larder.ready()))
        throw new Error(`Larder did not start:\n${await larder.output()}`)
      return larder
    },
    kill: async (larder) => {
      larder.kill('SIGKILL')
      kills.push(provider.now())
      await larder.ended
    },
    adopt: (count, mint) => adopt({ provider, api }, count, mint),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Compile cache, as in the image, because most of a start is compiling. An orderly end writes it. */
const COMPILED = fileURLToPath(
  new URL('../../node_modules/.cache/larder-compiled', import.meta.url),
)

function installationOf(provider: ScriptedProvider, options: CrashOptions) {
  const { authorize, token, userinfo, revoke } = provider.endpoints
  const acme = {
    authorizationEndpoint: authorize,
    tokenEndpoint: token,
    userinfoEndpoint: userinfo,
    revocationEndpoint: revoke,
    clientId: provider.client.id,
    clientSecret: provider.client.secret,
    scopes: ['read', 'write'],
    ...(options.refreshTokens && { refreshTokens: options.refreshTokens }),
  }
  const configuration = { providers: { acme }, refresh: options.refresh ?? {} }
  return {
    configuration: JSON.stringify(configuration),
    program: options.program,
    environment: {
      LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64'),
      NODE_COMPILE_CACHE: COMPILED,
      ...options.environment,
    },
  }
}

async function adopt(
  { provider, api }: Pick<CrashStage, 'provider' | 'api'>,
  count: number,
  mint: MintOptions = {},
): Promise<readonly Adopted[]> {
  const mintedAt = Date.now()
  const grants = await provider.mintGrants(count, mint)
  return Promise.all(
    grants.map(async ({ family, account, accessToken, refreshToken, expiresInSeconds }) => {
      const { status, text, body } = await api.post('/v1/connections', {
        userId: family,
        provider: 'acme',
        accessToken,
        refreshToken,
        expiresAt: new Date(mintedAt + expiresInSeconds * 1000).toISOString(),
        accountId: account.id,
        scope: ['read', 'write'],
      })
      if (status !== 201) throw new Error(`the import failed: ${text}`)
      return { id: (body as { readonly id: string }).id, family }
    }),
  )
}
