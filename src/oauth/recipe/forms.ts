import type { Preset } from './preset-schema.ts'

/** Defaults of a provider with an issuer; the rest is discovered. */
export const openid: Omit<Preset, 'name'> = {
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  identityScopes: ['openid'],
  // OpenID Connect Core §11: offline access is granted to an explicit consent only.
  offline: { scope: 'offline_access', when: 'configured', params: { prompt: 'consent' } },
  loginHintParam: 'login_hint',
}

/** Defaults of every OpenID provider; the fields of its preset take precedence. */
export const openidAccount: Omit<Preset, 'name'> = {
  accountFromIdToken: { id: 'sub', email: 'email', name: 'name' },
}
