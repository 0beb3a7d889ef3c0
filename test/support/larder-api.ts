import type { Installation } from './larder-process.ts'

export type Answer = { readonly status: number; readonly text: string; readonly body: never }

/** The app's HTTP client for the private API. Records every answer. */
export class LarderApi {
  readonly #at: Pick<Installation, 'privateUrl' | 'apiKey'>
  readonly answers: Answer[] = []

  constructor(at: Pick<Installation, 'privateUrl' | 'apiKey'>) {
    this.#at = at
  }

  get(path: string): Promise<Answer> {
    return this.ask('GET', path)
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.ask('POST', path, body)
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.#at.privateUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#at.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const answer = {
      status: response.status,
      text,
      body: (text === '' || !text.startsWith('{') ? null : JSON.parse(text)) as never,
    }
    this.answers.push(answer)
    return answer
  }

  async createLink(
    demand: Readonly<Record<string, unknown>>,
  ): Promise<{ id: string; url: string }> {
    const answer = await this.post('/v1/connect-links', demand)
    if (answer.status !== 201) throw new Error(`no link: ${answer.text}`)
    return answer.body
  }
}
