import type { Preset } from './preset-schema.ts'

/** Defaults of a provider that the settings define by its issuer. Metadata gives the endpoints. */
export const openid: Omit<Preset, 'name'> = {
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  identityScopes: ['openid'],
  // OpenID Connect Core §11: offline access requires explicit consent.
  offline: { scope: 'offline_access', when: 'configured', params: { prompt: 'consent' } },
  loginHintParam: 'login_hint',
}

/** Defaults of every OpenID provider. Fields of its preset override them. */
export const openidAccount: Omit<Preset, 'name'> = {
  accountFromIdToken: { id: 'sub', email: 'email', name: 'name' },
}
