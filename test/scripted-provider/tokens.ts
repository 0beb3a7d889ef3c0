import { derive, markOf } from './seed.ts'

export type TokenKind = 'access' | 'refresh' | 'code'
export type TokenPlace = {
  readonly kind: TokenKind
  readonly family: number
  readonly ordinal: number
}
export type TokenPrefixes = Readonly<Record<TokenKind, string>>

const KINDS = ['access', 'refresh', 'code'] as const
const MAC_LENGTH = 32

/**
 * Makes and recognises tokens. A token is a prefix, the mark of the seed, its place in the ledger and
 * a part derived from the seed. So a token need not be stored to be recognised.
 */
export class Tokens {
  readonly mark: string
  readonly #seed: string
  readonly #prefixes: TokenPrefixes

  constructor(seed: string, prefixes: TokenPrefixes) {
    this.#seed = seed
    this.#prefixes = prefixes
    this.mark = markOf(seed)
  }

  write({ kind, family, ordinal }: TokenPlace): string {
    const place = `${family.toString(36)}.${ordinal.toString(36)}`
    const mac = derive(this.#seed, `${kind} ${place}`, MAC_LENGTH)
    return `${this.#prefixes[kind]}${this.mark}.${place}.${mac}`
  }

  /** Returns null for a text that is no token of this provider. */
  read(token: string): TokenPlace | null {
    const start = token.indexOf(this.mark)
    const kind = KINDS.find((each) => this.#prefixes[each] === token.slice(0, start))
    if (kind === undefined) return null
    const [, family = '', ordinal = ''] = token.slice(start).split('.')
    const place = {
      kind,
      family: Number.parseInt(family, 36),
      ordinal: Number.parseInt(ordinal, 36),
    }
    return this.write(place) === token ? place : null
  }
}
