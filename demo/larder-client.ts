import type { Installation } from '../test/support/larder-process.ts'

/** The host app's requests to Larder: plain HTTP with an API key, without a library. */
export class LarderClient {
  readonly #url: string
  readonly #apiKey: string

  constructor({ privateUrl, apiKey }: Pick<Installation, 'privateUrl' | 'apiKey'>) {
    this.#url = privateUrl
    this.#apiKey = apiKey
  }

  createLink(demand: Readonly<Record<string, unknown>>): Promise<{ id: string; url: string }> {
    return this.#ask('POST', '/v1/connect-links', demand)
  }

  token(connectionId: string): Promise<ServedToken> {
    return this.#ask('GET', `/v1/connections/${connectionId}/token?minTtlSeconds=5`)
  }

  async connections(userId: string): Promise<readonly ConnectionAnswer[]> {
    const path = `/v1/users/${encodeURIComponent(userId)}/oauth`
    return (await this.#ask<{ items: readonly ConnectionAnswer[] }>('GET', path)).items
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new LarderProblem(response.status, answer as Problem)
    return answer as T
  }
}

export type ServedToken = {
  readonly accessToken: string
  readonly tokenId: string
  readonly expiresInSeconds: number
  readonly header: { readonly name: string; readonly value: string }
}

export type ConnectionAnswer = {
  readonly id: string
  readonly provider: string
  readonly status: string
  readonly email: string | null
}

type Problem = { readonly code: string; readonly detail: string }

export class LarderProblem extends Error {
  readonly code: string

  constructor(status: number, { code, detail }: Problem) {
    super(`${status} ${code}: ${detail}`)
    this.name = 'LarderProblem'
    this.code = code
  }
}
