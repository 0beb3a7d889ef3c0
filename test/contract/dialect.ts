/** A text or JSON value in which `{name}` stands for something that the server knows. */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [member: string]: Template | undefined }

/** Parameters by name; null: must not be sent, although the protocol has it. */
export type Params = Readonly<Record<string, string | null>>

/** How a client proves itself; `none`: its id alone. */
export type ClientAuth = 'basic' | 'post' | 'none' | 'secret-as-user' | 'signed-jwt'
export type Format = 'form' | 'json' | 'query' | 'xml'

/** What a provider asks of one kind of token request, and what it answers. */
export type TokenWords = {
  /** In full, with a query if it has one. */
  readonly url: string
  readonly method?: 'GET' | 'POST'
  /** Instead of a POST, with everything in the query. */
  readonly mayBeGet?: boolean
  readonly auth: ClientAuth | readonly ClientAuth[]
  /** All that are understood; anything else is refused. */
  readonly formats: readonly Format[]
  /** Headers without which the request is refused: their value, or `*` for any; null: must not be there. */
  readonly headers?: Params
  /** Upon the protocol's own parameters; every one is needed, none besides is expected. */
  readonly params?: Params
  /** Parameters that may be there and mean nothing. */
  readonly tolerated?: readonly string[]
  /** The refresh token comes as a bearer token, not among the parameters. */
  readonly tokenInHeader?: boolean
  readonly answer: Template
  /** 200 unless said otherwise. */
  readonly status?: number
}

/** `same`: every answer repeats the refresh token; `overlap`: a new one comes and the old one lives. */
export type Rotation = 'none' | 'same' | 'single-use' | 'overlap'

export type ErrorAnswer = {
  readonly status: number
  /** Text is sent as a page, anything else as JSON. */
  readonly body?: Template
  readonly headers?: Readonly<Record<string, string>>
  /** It asks to be asked less. */
  readonly slowsDown?: boolean
}

/** A question that tells whose token it is. */
export type ProbeWords = {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PROPFIND'
  /** Null: must not be there. */
  readonly headers?: Params
  /** In place of the API's header; null: none, the token stands among the parameters. */
  readonly authorization?: string | null
  /** The client proves itself beside the token. */
  readonly auth?: ClientAuth
  readonly formats?: readonly Format[]
  readonly params?: Params
  readonly status?: number
  readonly answer: Template
}

export type RevocationWords = {
  readonly url: string
  readonly method?: 'POST' | 'DELETE' | 'GET'
  /** `token`: the token itself, as a bearer token. */
  readonly auth: ClientAuth | 'token' | 'anything'
  /** In place of what `auth` would send. */
  readonly authorization?: string
  readonly formats?: readonly Format[]
  readonly headers?: Params
  readonly params?: Params
  readonly tolerated?: readonly string[]
  /**
   * Which tokens the provider takes; `either`: both kinds, and one is enough; `account`: none, it is
   * told whose they are.
   */
  readonly tokens: 'access' | 'refresh' | 'either' | 'account'
  readonly status?: number
  readonly answer?: Template
  /** How it says that nothing came of it. */
  readonly refusal?: ErrorAnswer
  /** Revoking one token ends every grant of the account at this client. */
  readonly endsAll?: boolean
  /** Not read in the vendor's documentation: a preset may leave it out. */
  readonly isGuess?: boolean
}

export type ScopeWords = {
  /** What the vendor's own minimum is: asked for where a link names no scope. */
  readonly defaults: readonly string[]
  /** What the link of the test asks for. */
  readonly ask: readonly string[]
  /** What arrives at the provider then, as a set. */
  readonly sent: readonly string[]
  readonly separator: string
  readonly param?: string
  /** A second parameter, and what arrives in it. */
  readonly second?: { readonly param: string; readonly sent: readonly string[] }
  /** How answers spell some of them. */
  readonly spelled?: Readonly<Record<string, string>>
  /** One of `sent` that a user can untick, where the answer tells. */
  readonly withheld?: string
}

export type OpenIdWords = {
  readonly issuer: string
  readonly jwks?: string
  readonly metadata?: string
  readonly claims?: Template
  /** Whether an id token repeats the nonce of the request. */
  readonly nonce: boolean
  /** The id token comes whatever was asked for. */
  readonly always?: boolean
}

/**
 * How a vendor's OAuth server behaves, written from its documentation and from what others have found,
 * never from our preset for it. `DialectServer` behaves so and refuses everything else.
 */
export type Dialect = {
  /** What an operator says in `larder.yaml` beside the client. */
  readonly settings?: Readonly<Record<string, string>>
  /** The key, where the secret of a client is more than a word. */
  readonly secret?: string
  readonly authorize: {
    readonly url: string
    readonly params?: Params
    readonly tolerated?: readonly string[]
    readonly pkce: 'sent' | 'omitted' | 'either'
  }
  /** Null: there is no such parameter, and none may be sent. */
  readonly scopes: ScopeWords | null
  /** Scopes that are said to be granted, where they are others than those that were sent. */
  readonly granted?: readonly string[]
  /** Parameters of the callback beside `code` and `state`. */
  readonly callback?: Readonly<Record<string, string>>
  /** How a callback is signed. */
  readonly signature?: 'shopify'
  readonly responseMode?: 'form_post'
  /** What hangs on to a code on its way through the browser. */
  readonly codeSuffix?: string
  readonly openid?: OpenIdWords
  readonly exchange: TokenWords
  readonly secondExchange?: TokenWords
  /** Null: access tokens are not renewed. */
  readonly refresh: (TokenWords & { readonly rotation: Rotation }) | null
  /** Seconds; null: unlimited or unknown. */
  readonly lifetimes: {
    readonly access: number | null
    /** From the answer, or always the same. */
    readonly refresh?: number | null
    readonly idle?: number | null
    /** How long a spent refresh token is still answered. */
    readonly grace?: number
  }
  /** Live refresh tokens of one account at one client; one more ends the oldest. */
  readonly cap?: number
  /** A refresh ends the access token before it. */
  readonly endsAccessToken?: boolean
  /** A refresh ends the refresh tokens of the same user's other connections. */
  readonly endsSiblings?: boolean
  /** A second presentation of a refresh token ends the grant or worse. */
  readonly punishesReplay?: boolean
  readonly errors: {
    /** A refresh token that is over. */
    readonly dead: readonly ErrorAnswer[]
    readonly temporary: readonly ErrorAnswer[]
    readonly config: readonly ErrorAnswer[]
    /** A code that is not taken. */
    readonly code?: readonly ErrorAnswer[]
  }
  /** Words of a callback that mean that the user said no, or that this account cannot be connected. */
  readonly denied?: readonly string[]
  readonly unsupported?: readonly string[]
  readonly probes?: readonly ProbeWords[]
  /** Whose account it is, in the end. */
  readonly account: {
    readonly id: string | null
    readonly email: string | null
    readonly name: string | null
  }
  /** Values of answers or of the callback that later calls of the app need. */
  readonly kept?: Readonly<Record<string, unknown>>
  readonly apiHeader?: { readonly name: string; readonly value: string }
  /** Null: the vendor has no way to revoke. */
  readonly revocation: RevocationWords | null
}
