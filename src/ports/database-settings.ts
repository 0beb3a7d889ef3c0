import type { Secret } from '../core/base/secret.ts'

/** How Larder reaches a PostgreSQL database. */
export type PostgresSettings = {
  /** `postgres://user:password@host:port/database`, without parameters. */
  readonly url: Secret
  readonly tls: TlsMode
  /** Certificates in PEM form. Null: those that Node trusts. */
  readonly ca: string | null
  readonly poolSize: number
  readonly statementTimeoutMs: number
}

/** `require` encrypts without checking the certificate, as in libpq. */
export type TlsMode = (typeof TLS_MODES)[number]

export const TLS_MODES = ['disable', 'require', 'verify-full'] as const
