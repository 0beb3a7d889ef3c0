import type { Preset } from './preset-schema.ts'

/** What a provider is that names an issuer: everything else is discovered. */
export const openid: Omit<Preset, 'name'> = {
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  identityScopes: ['openid'],
  // OpenID Connect Core §11: offline access is granted to an explicit consent only.
  offline: { scope: 'offline_access', when: 'configured', params: { prompt: 'consent' } },
  loginHintParam: 'login_hint',
}

/** What every OpenID provider is beneath its own words. */
export const openidAccount: Omit<Preset, 'name'> = {
  accountFromIdToken: { id: 'sub', email: 'email', name: 'name' },
}
