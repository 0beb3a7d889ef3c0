import type { Provider } from './provider.ts'
import type { PlainCredentials } from './credentials.ts'

export type Header = { readonly name: string; readonly value: string }

/** The header that sends credentials to the provider's API. Basic is in UTF-8 (RFC 7617). */
export function credentialsHeader(
  credentials: PlainCredentials,
  { apiHeader, credentials: form }: Pick<Provider, 'apiHeader' | 'credentials'>,
): Header {
  const { name, scheme } = apiHeader
  switch (credentials.kind) {
    case 'basic':
      return { name, value: basic(credentials.username, credentials.password) }
    case 'api_key': {
      const { apiKey } = credentials
      const password = form?.basicPassword ?? null
      if (password !== null) return { name, value: basic(apiKey, password) }
      return { name, value: scheme === null ? apiKey : `${scheme} ${apiKey}` }
    }
    default:
      return credentials satisfies never
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
