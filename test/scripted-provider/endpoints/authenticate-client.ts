import type { Asked, World } from '../world.ts'

/** RFC 6749 §2.3.1: Basic, with or without its percent-encoding, or in the body. */
export function isKnownClient(world: World, asked: Asked): boolean {
  const { client, clientAuthentication } = world.settings
  const shown = basic(asked.headers['authorization']) ?? {
    id: asked.params.get('client_id') ?? '',
    secret: asked.params.get('client_secret') ?? '',
  }
  if (shown.id !== client.id) return false
  return clientAuthentication === 'none' || world.secrets.includes(shown.secret)
}

function basic(header: Asked['headers'][string]): { id: string; secret: string } | null {
  const encoded = typeof header === 'string' ? /^Basic (\S+)$/i.exec(header)?.[1] : undefined
  if (encoded === undefined) return null
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  return { id: decoded(id), secret: decoded(secret.join(':')) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
