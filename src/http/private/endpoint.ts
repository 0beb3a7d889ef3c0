import { z } from 'zod'
import type { Caller, Permission } from '../../core/base/access.ts'
import type { ErrorCode, FieldError } from '../../core/base/errors.ts'
import type { Ports } from '../../ports/ports.ts'
import { BODY_LIMIT } from '../read-body.ts'

/** What handlers receive besides their input. */
export type EndpointPorts = {
  readonly ports: Ports
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly openApi: () => Readonly<Record<string, unknown>>
  readonly version: string
}

/** One authorised request. */
export type EndpointCall = EndpointPorts & { readonly caller: Caller }

type Method = 'get' | 'post' | 'patch' | 'delete'

/**
 * `any`: every known key is accepted. `none`: no key is needed. Use `none` only for `/livez` and
 * `/readyz`.
 */
export type Requirement = Permission | 'any' | 'none'

type ParamNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never

/** Shapes of path and query values, which arrive as text. */
type TextShape<Names extends string = string> = Readonly<
  Record<Names, z.ZodType<unknown, string | undefined>>
>

/** The shape of the body for each status. Null means no body. */
type AnswerShapes = Readonly<Record<number, z.ZodType | null>>

type Immutable<T> = T extends (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T

type AnswerOf<A extends AnswerShapes> = {
  [S in keyof A & number]: {
    readonly status: S
    readonly body: A[S] extends z.ZodType ? Immutable<z.input<A[S]>> : null
  }
}[keyof A & number]

type Values<S extends TextShape> = { readonly [K in keyof S]: z.output<S[K]> }

type Definition<
  P extends string,
  Params extends TextShape<ParamNames<P>>,
  Query extends TextShape,
  Body extends z.ZodObject,
  Answers extends AnswerShapes,
> = {
  /** The `operationId` in the OpenAPI document. */
  readonly id: string
  readonly method: Method
  /** In OpenAPI form: `/v1/connections/{id}`. */
  readonly path: P
  readonly summary: string
  readonly permission: Requirement
  /** `everything`: the answer covers all users and providers, so a restricted key is refused. */
  readonly reach?: 'own' | 'everything'
  readonly params: Params
  /** If absent, the endpoint accepts no query. */
  readonly query?: Query
  /** A strict object: an unknown field is an error. If absent, the endpoint accepts no body. */
  readonly body?: Body
  /** In bytes. The default is 64 KiB. */
  readonly bodyLimit?: number
  readonly answers: Answers
  /** Errors in addition to those that every endpoint can return. */
  readonly errors?: readonly ErrorCode[]
  /** Set this if GET has side effects: the router runs GET for a HEAD request (RFC 9110 §9.3.2). */
  readonly head?: 'refused'
  /**
   * Checks the well-formed fields against the settings when other fields are malformed, so that one
   * error lists all faults. If every field is well-formed, `handle` does this check.
   */
  readonly problems?: (
    call: EndpointCall,
    given: {
      readonly params: Partial<Values<Params>>
      readonly body: Partial<z.output<Body>>
    },
  ) => readonly FieldError[]
  readonly handle: (
    call: EndpointCall,
    input: {
      readonly params: Values<Params>
      readonly query: Values<Query>
      readonly body: z.output<Body>
    },
  ) => Promise<AnswerOf<Answers>> | AnswerOf<Answers>
  /** A faster `handle`: returns the same 200 answer as JSON text. */
  readonly fast?: (
    call: EndpointCall,
    input: { readonly params: Values<Params>; readonly query: Values<Query> },
  ) => Promise<string>
}

export type Input = {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

export type Answer = { readonly status: number; readonly body: unknown }

/** A row of the route table. The router, the checks, the OpenAPI document and tests use it. */
export type Endpoint = {
  readonly id: string
  readonly method: Method
  readonly path: string
  /** Such as `GET /v1/connections/{id}`. Logs and metrics use this text. */
  readonly route: string
  readonly summary: string
  readonly permission: Requirement
  readonly reach: 'own' | 'everything'
  /** Names of the `{…}` in the path, in order. */
  readonly paramNames: readonly string[]
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodObject
  readonly bodyLimit: number
  readonly answers: AnswerShapes
  readonly errors: readonly ErrorCode[]
  readonly head: 'answered' | 'refused'
  readonly problems: (call: EndpointCall, given: Omit<Input, 'query'>) => readonly FieldError[]
  readonly handle: (call: EndpointCall, input: Input) => Promise<Answer> | Answer
  readonly fast: ((call: EndpointCall, input: Input) => Promise<string>) | null
}

/** Makes a row of the route table. The compiler requires a permission, shapes and answers. */
export function endpoint<
  const P extends string,
  Params extends TextShape<ParamNames<P>>,
  const Answers extends AnswerShapes,
  Query extends TextShape = typeof NO_FIELDS,
  Body extends z.ZodObject = typeof NO_BODY,
>(definition: Definition<P, Params, Query, Body, Answers>): Endpoint {
  return {
    ...definition,
    route: `${definition.method.toUpperCase()} ${definition.path}`,
    paramNames: Array.from(definition.path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? ''),
    params: z.strictObject(definition.params),
    query: z.strictObject(definition.query ?? NO_FIELDS),
    body: definition.body ?? NO_BODY,
    errors: definition.errors ?? [],
    reach: definition.reach ?? 'own',
    bodyLimit: definition.bodyLimit ?? BODY_LIMIT,
    head: definition.head ?? 'answered',
    // These casts are sound: `parse-input.ts` passes only values that the shapes accept.
    handle: definition.handle as unknown as Endpoint['handle'],
    problems: (definition.problems ?? (() => [])) as unknown as Endpoint['problems'],
    fast: (definition.fast ?? null) as unknown as Endpoint['fast'],
  }
}

/** An answer that is not JSON. */
export class PlainText {
  static readonly shape = z.instanceof(PlainText)
  readonly contentType: string
  readonly text: string

  constructor(answer: { readonly contentType: string; readonly body: string }) {
    this.contentType = answer.contentType
    this.text = answer.body
  }
}

const NO_FIELDS = {}
const NO_BODY = z.strictObject(NO_FIELDS)

export function ok<const B>(body: B): { readonly status: 200; readonly body: B } {
  return { status: 200, body }
}

export function created<const B>(body: B): { readonly status: 201; readonly body: B } {
  return { status: 201, body }
}

export const noContent = { status: 204, body: null } as const
