import { randomBytes } from 'node:crypto'
import type { Ask } from './daemon-client.ts'
import { printJson, printLine, printRows, type Row, tell } from './print.ts'
import { readPages } from './read-pages.ts'

export type KeyOptions = {
  readonly json: boolean
  readonly permissions: readonly string[]
  readonly providers?: readonly string[]
  readonly userPrefix?: string
}

type Key = Row & { readonly id: string }

const COLUMNS = ['id', 'name', 'permissions', 'providers', 'userIdPrefix', 'createdAt', 'revokedAt']

/** Prints 32 random bytes for a master key, or for the first API key when no daemon runs yet. */
export function printNewSecret(
  encoding: 'base64' | 'base64url',
  options: { readonly json: boolean },
): void {
  const key = randomBytes(32).toString(encoding)
  if (options.json) printJson({ key })
  else printLine(key)
}

export async function createKey(ask: Ask, name: string, options: KeyOptions): Promise<void> {
  const { permissions, providers, userPrefix } = options
  const body = { name, permissions, providers, userIdPrefix: userPrefix }
  const made = await ask<Key & { key: string }>({ method: 'POST', path: '/v1/keys', body })
  if (options.json) return printJson(made)
  printLine(made.key)
  tell(`${made.id} is shown only once; revoke it with "larder keys revoke ${made.id}"`)
}

export async function listKeys(ask: Ask, options: { readonly json: boolean }): Promise<void> {
  const items = await readPages<Key>(ask, '/v1/keys')
  if (items.length === 0) tell('no keys except that of the settings')
  if (options.json) printJson(items)
  else printRows(items, COLUMNS)
}

export async function revokeKey(
  ask: Ask,
  id: string,
  options: { readonly json: boolean },
): Promise<void> {
  await ask({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}` })
  if (options.json) return printJson({ id, revoked: true })
  tell(`${id} is revoked`)
}
