export type OpenRefusal =
  | 'in_use'
  | 'database_in_use'
  | 'foreign_file'
  | 'corrupt'
  | 'missing'
  | 'other_vault'
  | 'moved'
  | 'older_schema'
  | 'newer_schema'
  | 'unsuitable_database'
  | 'unreachable'
  | 'untrusted'
  | 'refused'

const MESSAGE: Record<OpenRefusal, string> = {
  in_use: 'another process holds this data directory',
  database_in_use: 'another process uses this database',
  foreign_file: 'the database is not a vault',
  corrupt: 'the database is damaged; it was left as it is',
  missing: 'the database is gone or empty, and a vault was here',
  moved: 'the vault was moved to another database',
  older_schema:
    'the database was written by an older version: start Larder once to bring it up to date',
  other_vault: 'the data directory holds a vault of SQLite, and the settings name another database',
  newer_schema: 'the database was written by a newer version',
  unsuitable_database: 'the database does not keep what a vault needs',
  unreachable: 'the database server cannot be reached',
  untrusted: 'the certificate of the database server is not accepted',
  refused: 'the database server refused the user, the password or the name of the database',
}

/** Thrown if a store must not be opened. Its files were not changed. */
export class OpenError extends Error {
  readonly reason: OpenRefusal

  /** `detail` must contain only Larder's own names and numbers, never stored values. */
  constructor(reason: OpenRefusal, detail: string | null = null, cause?: unknown) {
    super(detail === null ? MESSAGE[reason] : `${MESSAGE[reason]}: ${detail}`, { cause })
    this.name = 'OpenError'
    this.reason = reason
  }
}
