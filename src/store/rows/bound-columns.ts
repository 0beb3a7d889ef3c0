import { BINDINGS } from '../bindings.ts'
import type { Schema } from '../schema.ts'

/** The id column of each table with a row seal. */
export const SEALED_ROWS = {
  connections: 'id',
  connect_links: 'id',
  flows: 'id',
  waiting_grants: 'link_id',
  events: 'id',
  revocations: 'id',
} as const satisfies { readonly [T in keyof Schema]?: keyof Schema[T] }

export type SealedTable = keyof typeof SEALED_ROWS

/**
 * The sealed values of each table. A row seal contains their tags in this order, so a new column
 * must come last.
 */
export const SEALED_VALUES = {
  connections: [
    'profile_blob',
    'access_token_blob',
    'refresh_token_blob',
    'settings_blob',
    'client_secret_blob',
    'credentials_blob',
  ],
  connect_links: ['request_blob'],
  flows: ['flow_blob'],
  waiting_grants: ['grant_blob'],
  events: ['body_blob'],
  revocations: ['settings_blob', 'refresh_token_blob', 'access_token_blob'],
} as const satisfies { readonly [T in SealedTable]: readonly (keyof Schema[T])[] }

/** The unencrypted columns that the row seal of each table protects, sorted by name. */
export const CLEAR_COLUMNS = {
  connections: clearColumnsOf('connections'),
  connect_links: clearColumnsOf('connect_links'),
  flows: clearColumnsOf('flows'),
  waiting_grants: clearColumnsOf('waiting_grants'),
  events: clearColumnsOf('events'),
  revocations: clearColumnsOf('revocations'),
} as const satisfies { readonly [T in SealedTable]: readonly string[] }

/** Whether a row seal protects the column. */
export function isBound(table: SealedTable, column: string): boolean {
  const bindings: Readonly<Record<string, string>> = BINDINGS[table]
  return bindings[column] === 'row'
}

/** Returns the value as SQLite stores it, and null for a value that no version writes here. */
export function plainValue(value: unknown): string | number | null {
  if (typeof value === 'string') return value.toWellFormed()
  return typeof value === 'number' ? value : null
}

function clearColumnsOf(table: SealedTable): readonly string[] {
  const bound = Object.keys(BINDINGS[table]).filter((column) => isBound(table, column))
  return bound.filter((column) => !column.endsWith('_blob')).toSorted()
}
