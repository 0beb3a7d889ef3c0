import { randomBytes } from 'node:crypto'
import type { Caller, Permission } from '../../../src/core/base/access.ts'
import { type ListenAt, listen } from '../../../src/http/listen.ts'
import { createPrivateApp } from '../../../src/http/private/private-app.ts'
import type { LogFailure } from '../../../src/http/private/send-problem.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import type { Ports } from '../../../src/ports/ports.ts'

/** The keys of the tests; the name is the key. */
export function callerWith(
  permissions: readonly Permission[],
  narrowed: Partial<Pick<Caller, 'providers' | 'userIdPrefix'>> = {},
): Caller {
  return { keyId: 'bootstrap', permissions, providers: null, userIdPrefix: null, ...narrowed }
}

export interface OpenedApi extends AsyncDisposable {
  readonly address: string
  readonly failures: readonly Parameters<LogFailure>[0][]
}

/** The private API over real HTTP. Ports that are not given throw when they are used. */
export async function openApi(
  given: Partial<Ports> & { readonly keys: Readonly<Record<string, Caller>> },
  where: { readonly allowedHosts?: readonly string[]; readonly socket?: string } = {},
): Promise<OpenedApi> {
  const failures: Parameters<LogFailure>[0][] = []
  const { keys, ...ports } = given
  const app = createPrivateApp(
    {
      random: { bytes: (length: number) => randomBytes(length), fraction: () => 0.5 },
      clock: systemClock,
      providers: new Map(),
      policy: { redirectUrls: [], confirm: 'page' },
      callers: {
        authenticate: (bearer: string) => (Object.hasOwn(keys, bearer) ? keys[bearer] : null),
        reload: async () => {},
      },
      ...ports,
    } as unknown as Ports,
    {
      allowedHosts: where.allowedHosts ?? [],
      onUnixSocket: where.socket !== undefined,
      version: '0.0.0-test',
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
      logFailure: (failure) => failures.push(failure),
      requestAnswered: () => {},
    },
  )
  const { socket } = where
  const at: ListenAt =
    socket === undefined
      ? { kind: 'tcp', host: '127.0.0.1', port: 0 }
      : { kind: 'unix', path: socket }
  const listener = await listen(app.callback(), at, { closeWithinMs: 200, maxConnections: null })
  return {
    address: listener.address,
    failures,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}
