export type OpenRefusal =
  | 'in_use'
  | 'database_in_use'
  | 'foreign_file'
  | 'corrupt'
  | 'missing'
  | 'newer_schema'
  | 'unsuitable_database'

const MESSAGE: Record<OpenRefusal, string> = {
  in_use: 'another process holds this data directory',
  database_in_use: 'another process uses this database',
  foreign_file: 'the database file is not a vault',
  corrupt: 'the database file is damaged; it was left as it is',
  missing: 'the database file is gone, and a vault was here',
  newer_schema: 'the database was written by a newer version',
  unsuitable_database: 'the database does not keep what a vault needs',
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
