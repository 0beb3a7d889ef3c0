/**
 * Every environment variable, and whether it contains a secret. For a secret, `NAME_FILE` can give
 * the path of a file instead. A test compares this list with `docs/settings.md`.
 */
export const SETTINGS = {
  LARDER_DATA_DIR: 'plain',
  LARDER_VAULT_ID: 'plain',
  LARDER_DATABASE_URL: 'secret',
  LARDER_DATABASE_TLS: 'plain',
  LARDER_DATABASE_CA_FILE: 'plain',
  LARDER_DATABASE_POOL: 'plain',
  LARDER_DATABASE_STATEMENT_SECONDS: 'plain',
  LARDER_LISTEN: 'plain',
  LARDER_PUBLIC_LISTEN: 'plain',
  LARDER_PUBLIC_URL: 'plain',
  LARDER_REDIRECT_URLS: 'plain',
  LARDER_MASTER_KEY: 'secret',
  LARDER_MASTER_KEY_COMMAND: 'plain',
  LARDER_API_KEY: 'secret',
  LARDER_CONFIG: 'plain',
  LARDER_ALLOWED_HOSTS: 'plain',
  LARDER_LOG_LEVEL: 'plain',
  LARDER_URL: 'plain',
} as const satisfies Record<string, 'plain' | 'secret'>

type Named = typeof SETTINGS
type Sort = 'plain' | 'secret'
type NamesOf<S extends Sort> = { [N in keyof Named]: Named[N] extends S ? N : never }[keyof Named]

export type PlainSetting = NamesOf<'plain'> | `LARDER_${string}_CLIENT_ID`
export type SecretSetting = NamesOf<'secret'> | `LARDER_${string}_CLIENT_SECRET`

/** The additional variables for one provider. */
export function providerSettings(id: string): {
  readonly clientId: `LARDER_${string}_CLIENT_ID`
  readonly clientSecret: `LARDER_${string}_CLIENT_SECRET`
} {
  const name = id.toUpperCase().replaceAll('-', '_')
  return { clientId: `LARDER_${name}_CLIENT_ID`, clientSecret: `LARDER_${name}_CLIENT_SECRET` }
}

const ADDRESS = /^[0-9A-Fa-f:.]+$/
const PORT = /^\d{1,5}$/
const SERVICE_URL = /^(tcp|udp|sctp):\/\/\S+:\d{1,5}$/

/** Patterns for the variables that Kubernetes sets for a service: names and values. */
const INJECTED: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, ADDRESS],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, PORT],
  [/_PORT$/, SERVICE_URL],
  [/_PORT_\d+_(TCP|UDP|SCTP)$/, SERVICE_URL],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, /^(tcp|udp|sctp)$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT$/, PORT],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, ADDRESS],
]

/**
 * Whether Kubernetes set this variable for a service named `larder` or `larder-…`. Both name and
 * value must match: `LARDER_PUBLIC_PORT=7421` is a mistaken setting,
 * `LARDER_PUBLIC_PORT=tcp://10.0.0.7:7421` is not.
 */
export function isInjectedByKubernetes(name: string, value: string): boolean {
  return INJECTED.some(([names, values]) => names.test(name) && values.test(value))
}
