/**
 * Every setting of the environment, and whether it holds a secret: a secret can also be given as a
 * file, by the same name with `_FILE`. `docs/settings.md` explains them; a test holds it to this list.
 */
export const SETTINGS = {
  LARDER_DATA_DIR: 'plain',
  LARDER_VAULT_ID: 'plain',
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

/** What an environment may hold beside `SETTINGS`, for each provider it could enable. */
export function providerSettings(id: string): {
  readonly clientId: `LARDER_${string}_CLIENT_ID`
  readonly clientSecret: `LARDER_${string}_CLIENT_SECRET`
} {
  const name = id.toUpperCase().replaceAll('-', '_')
  return { clientId: `LARDER_${name}_CLIENT_ID`, clientSecret: `LARDER_${name}_CLIENT_SECRET` }
}

/**
 * What Kubernetes puts into every container beside a service called larder (or larder-something).
 * A plain `LARDER_SOMETHING_PORT` is not among them: it reads like a setting somebody believes in.
 */
export function isInjectedByKubernetes(name: string): boolean {
  return (
    name === 'LARDER_PORT' ||
    /^LARDER_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?)$/.test(name) ||
    /^LARDER_([A-Z0-9_]+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)
  )
}
