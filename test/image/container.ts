import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../support/listen.ts'
import { until } from '../support/until.ts'
import { engine, must } from './engine.ts'

export const IMAGE = 'larder-image-test'
const USER_ID = 1000

/** The restrictions of docker-compose.example.yml. */
export const CONFINEMENT = [
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--memory=256m',
  '--pids-limit=64',
  '--ulimit=core=0',
  '--tmpfs=/tmp:size=16m,mode=1777,noexec,nosuid,nodev',
]

export type Container = Awaited<ReturnType<typeof startContainer>>

type Files = Readonly<Record<string, string>>

/** Starts the image with these restrictions on the host's network, with `yaml` and `secrets` mounted. */
export async function startContainer(yaml: string, secrets: Files) {
  await using opened = new AsyncDisposableStack()
  const name = `larder-test-${randomBytes(4).toString('hex')}`
  const apiKey = randomBytes(32).toString('hex')
  const masterKey = randomBytes(32).toString('base64')
  const files = { ...secrets, 'api.key': apiKey, 'master.key': masterKey }
  const secretsDir = await mounted(files, opened)
  const configDir = await mounted({ 'larder.yaml': yaml }, opened)
  const [inner, outer] = [await freePort(), await freePort()]
  const variables = {
    LARDER_LISTEN: `127.0.0.1:${inner}`,
    LARDER_PUBLIC_LISTEN: `127.0.0.1:${outer}`,
    LARDER_PUBLIC_URL: `http://localhost:${outer}`,
    LARDER_REDIRECT_URLS: 'https://app.example.com/oauth',
    LARDER_MASTER_KEY_FILE: '/run/secrets/master.key',
    LARDER_API_KEY_FILE: '/run/secrets/api.key',
  }
  opened.defer(async () => {
    await engine(['rm', '--force', '--volumes', name])
  })
  const placed = [`--name=${name}`, '--network=host', ...CONFINEMENT]
  const mounts = [`--volume=${secretsDir}:/run/secrets:ro`, `--volume=${configDir}:/etc/larder:ro`]
  const settings = Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`)
  await must('run', '--detach', ...placed, ...mounts, ...settings, IMAGE)
  const privateUrl = `http://127.0.0.1:${inner}`
  await untilReady(name, privateUrl)
  const running = opened.move()
  return {
    name,
    privateUrl,
    publicUrl: variables.LARDER_PUBLIC_URL,
    apiKey,
    masterKey,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export async function untilReady(name: string, privateUrl: string): Promise<void> {
  try {
    await until('the container is ready', () => isReady(privateUrl), 30_000)
  } catch (error) {
    throw new Error(`the container’s log:\n${(await engine(['logs', name])).output}`, {
      cause: error,
    })
  }
}

export async function isReady(privateUrl: string): Promise<boolean> {
  const answer = await fetch(`${privateUrl}/readyz`).catch(() => null)
  await answer?.body?.cancel()
  return answer?.ok === true
}

/** Makes a directory to mount. If the test may change its owner, only the image's user can read it. */
async function mounted(files: Files, opened: AsyncDisposableStack): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'larder-image-'))
  opened.defer(() => rm(parent, { recursive: true, force: true }))
  const directory = join(parent, 'mounted')
  await mkdir(directory)
  await chmod(parent, 0o755)
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    await writeFile(path, `${text}\n`, { mode: 0o600 })
    await chown(path, USER_ID, USER_ID).catch(() => chmod(path, 0o644))
  }
  return directory
}

/** A port that is free now. Another process could take it before the container does. */
async function freePort(): Promise<number> {
  const { port, close } = await listen(createServer())
  await close()
  return port
}
