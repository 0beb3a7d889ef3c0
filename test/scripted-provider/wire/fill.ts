/** The values for the placeholders in answers; null for a missing one. */
export type Words = {
  /** The refresh token of the request. */
  readonly refreshToken: string | null
  /** The new access token. */
  readonly accessToken: string | null
  readonly clientSecret: string
  /** Origin of the second listener. */
  readonly sink: string
  /** The body of the request. */
  readonly request: string
  readonly wall: number
}

/** `{{refresh_token}}`, `{{access_token}}`, `{{client_secret}}`, `{{sink}}`, `{{request}}`, and times: `{{date+30}}`, `{{iso+30}}`, `{{epoch-5}}`. */
export function fill(text: string, words: Words): string {
  return text.replaceAll(
    /\{\{(\w+)([+-]\d+)?\}\}/g,
    (whole, name: string, shift = '0') =>
      word(name, words, words.wall + Number(shift) * 1000) ?? whole,
  )
}

/** Fills placeholders in JSON. A time in seconds becomes a number. */
export function fillJson(json: unknown, words: Words): string {
  const text = JSON.stringify(json).replaceAll(/"(\{\{epoch(?:[+-]\d+)?\}\})"/g, '$1')
  return fill(text, { ...words, request: JSON.stringify(words.request).slice(1, -1) })
}

function word(name: string, words: Words, at: number): string | null {
  switch (name) {
    case 'refresh_token':
      return words.refreshToken ?? 'none'
    case 'access_token':
      return words.accessToken ?? 'none'
    case 'client_secret':
      return words.clientSecret
    case 'sink':
      return words.sink
    case 'request':
      return words.request
    case 'date':
      return new Date(at).toUTCString()
    case 'iso':
      return new Date(at).toISOString()
    case 'epoch':
      return String(Math.floor(at / 1000))
    default:
      return null
  }
}
