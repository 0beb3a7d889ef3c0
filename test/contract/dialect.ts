/** A text or JSON value in which the server replaces `{name}` by a value. */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [member: string]: Template | undefined }

/** Parameters by name; null forbids one that the protocol has. */
export type Params = Readonly<Record<string, string | null>>

/** The client authentication; `none` sends only the id. */
export type ClientAuth = 'basic' | 'post' | 'none' | 'secret-as-user' | 'signed-jwt'
export type Format = 'form' | 'json' | 'query' | 'xml'

/** One kind of token request, and its answer. */
export type TokenWords = {
  /** The full URL, with its query. */
  readonly url: string
  readonly method?: 'GET' | 'POST'
  /** Whether a GET with all parameters in the query is accepted too. */
  readonly mayBeGet?: boolean
  readonly auth: ClientAuth | readonly ClientAuth[]
  /** The accepted formats. */
  readonly formats: readonly Format[]
  /** Required headers: the value, or `*` for any; null forbids the header. */
  readonly headers?: Params
  /** Required parameters in addition to the protocol's. Others are refused. */
  readonly params?: Params
  /** Parameters that the vendor ignores. */
  readonly tolerated?: readonly string[]
  /** Whether the refresh token is sent as a bearer token instead of a parameter. */
  readonly tokenInHeader?: boolean
  readonly answer: Template
  /** The default is 200. */
  readonly status?: number
}

/** `same` repeats the refresh token in every answer. `overlap` issues a new one and keeps the old one valid. */
export type Rotation = 'none' | 'same' | 'single-use' | 'overlap'

export type ErrorAnswer = {
  readonly status: number
  /** Text is sent as a page, anything else as JSON. */
  readonly body?: Template
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the answer asks for fewer requests. */
  readonly slowsDown?: boolean
}

/** A request that names the account of a token. */
export type ProbeWords = {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PROPFIND'
  /** Null forbids a header. */
  readonly headers?: Params
  /** Replaces the API's header; null if the token is a parameter instead. */
  readonly authorization?: string | null
  /** Client authentication in addition to the token. */
  readonly auth?: ClientAuth
  readonly formats?: readonly Format[]
  readonly params?: Params
  readonly status?: number
  readonly answer: Template
}

export type RevocationWords = {
  readonly url: string
  readonly method?: 'POST' | 'DELETE' | 'GET'
  /** `token` is the token itself as a bearer token. */
  readonly auth: ClientAuth | 'token' | 'anything'
  /** Replaces the header of `auth`. */
  readonly authorization?: string
  readonly formats?: readonly Format[]
  readonly headers?: Params
  readonly params?: Params
  readonly tolerated?: readonly string[]
  /**
   * The tokens that the endpoint accepts. `either`: one token of any kind is enough. `account`: the
   * request names the account instead of a token.
   */
  readonly tokens: 'access' | 'refresh' | 'either' | 'account'
  readonly status?: number
  readonly answer?: Template
  /** The vendor's answer if the revocation fails. */
  readonly refusal?: ErrorAnswer
  /** Revoking one token ends every grant of the account at this client. */
  readonly endsAll?: boolean
  /** The vendor's documentation does not have it, so a preset may leave it out. */
  readonly isGuess?: boolean
}

export type ScopeWords = {
  /** The vendor's minimum, for a link that names no scope. */
  readonly defaults: readonly string[]
  /** The scopes of the test's link. */
  readonly ask: readonly string[]
  /** The scopes that must reach the vendor, as a set. */
  readonly sent: readonly string[]
  readonly separator: string
  readonly param?: string
  /** A second scope parameter and its scopes. */
  readonly second?: { readonly param: string; readonly sent: readonly string[] }
  /** Other names of scopes in answers. */
  readonly spelled?: Readonly<Record<string, string>>
  /** A scope that a user can deselect, if the answer then shows that. */
  readonly withheld?: string
}

export type OpenIdWords = {
  readonly issuer: string
  readonly jwks?: string
  readonly metadata?: string
  readonly claims?: Template
  /** Whether an id token repeats the nonce of the request. */
  readonly nonce: boolean
  /** Whether an id token is issued even without the scope `openid`. */
  readonly always?: boolean
}

/**
 * The behaviour of a vendor's OAuth server, written from its documentation and from public reports,
 * never from Larder's preset. `DialectServer` behaves like this and refuses everything else.
 */
export type Dialect = {
  /** Settings in `larder.yaml` beside the client. */
  readonly settings?: Readonly<Record<string, string>>
  /** The client secret, if it has a special form. */
  readonly secret?: string
  readonly authorize: {
    readonly url: string
    readonly params?: Params
    readonly tolerated?: readonly string[]
    readonly pkce: 'sent' | 'omitted' | 'either'
  }
  /** Null if the vendor has no scopes; then none may be sent. */
  readonly scopes: ScopeWords | null
  /** The granted scopes, if they differ from the sent ones. */
  readonly granted?: readonly string[]
  /** Parameters of the callback beside `code` and `state`. */
  readonly callback?: Readonly<Record<string, string>>
  /** The signature of the callback. */
  readonly signature?: 'shopify'
  readonly responseMode?: 'form_post'
  /** Text that the vendor appends to each code. */
  readonly codeSuffix?: string
  readonly openid?: OpenIdWords
  readonly exchange: TokenWords
  readonly secondExchange?: TokenWords
  /** Null if the vendor has no refresh. */
  readonly refresh: (TokenWords & { readonly rotation: Rotation }) | null
  /** In seconds; null if unlimited or unknown. */
  readonly lifetimes: {
    readonly access: number | null
    /** Lifetime of the refresh token, from the answer or fixed. */
    readonly refresh?: number | null
    readonly idle?: number | null
    /** How long a used refresh token is still accepted. */
    readonly grace?: number
  }
  /** Maximum number of valid refresh tokens of one account at one client. One more ends the oldest. */
  readonly cap?: number
  /** A refresh ends the access token before it. */
  readonly endsAccessToken?: boolean
  /** A refresh ends the refresh tokens of the same user's other connections. */
  readonly endsSiblings?: boolean
  /** A reused refresh token ends the grant, or more. */
  readonly punishesReplay?: boolean
  readonly errors: {
    /** Answers to a refresh token that is no longer valid. */
    readonly dead: readonly ErrorAnswer[]
    readonly temporary: readonly ErrorAnswer[]
    readonly config: readonly ErrorAnswer[]
    /** Answers to a refused code. */
    readonly code?: readonly ErrorAnswer[]
  }
  /** Errors of the callback if the user denies, and if the account cannot be connected. */
  readonly denied?: readonly string[]
  readonly unsupported?: readonly string[]
  readonly probes?: readonly ProbeWords[]
  /** The account that a connection must have. */
  readonly account: {
    readonly id: string | null
    readonly email: string | null
    readonly name: string | null
  }
  /** Values of answers or the callback that the app's API calls need. */
  readonly kept?: Readonly<Record<string, unknown>>
  readonly apiHeader?: { readonly name: string; readonly value: string }
  /** Null if the vendor has no revocation. */
  readonly revocation: RevocationWords | null
}
