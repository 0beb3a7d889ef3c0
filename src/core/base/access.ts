import type { KeyId, ProviderId } from './ids.ts'

export const PERMISSIONS = [
  'tokens:read',
  'connections:read',
  'connections:write',
  'links:write',
  'events:read',
  'metrics:read',
  'admin',
] as const

export type Permission = (typeof PERMISSIONS)[number]

/** The API key of a request, with its permissions and limits. */
export type Caller = {
  /** `bootstrap`: the admin key from the settings. */
  readonly keyId: KeyId | 'bootstrap'
  readonly permissions: readonly Permission[]
  /** Null: every provider. */
  readonly providers: readonly ProviderId[] | null
  /** Null: every user. A prefix ends in one of `: / | _ . -`. */
  readonly userIdPrefix: string | null
}

/** `admin` includes all other permissions. */
export function holds(caller: Caller, permission: Permission): boolean {
  return caller.permissions.includes('admin') || caller.permissions.includes(permission)
}

/** Whether the caller may see the data of this user at this provider. */
export function reaches(
  caller: Caller,
  owner: { readonly userId: string; readonly provider: string },
): boolean {
  return reachesUser(caller, owner.userId) && reachesProvider(caller, owner.provider)
}

export function reachesUser(caller: Caller, userId: string): boolean {
  return caller.userIdPrefix === null || userId.startsWith(caller.userIdPrefix)
}

export function reachesProvider(caller: Caller, provider: string): boolean {
  return caller.providers === null || caller.providers.some((id) => id === provider)
}
