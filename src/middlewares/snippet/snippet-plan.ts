import type { RegexpPlan } from '../../plan/regexp.ts'

/** Directives of nginx, ready to run: plain JSON. Texts hold variables of nginx, as byte strings. */
export type Directive =
  | SetDirective
  | ReturnDirective
  | RewriteDirective
  | BlockDirective
  | AccessDirective
  | RequestDirective
  | AddHeaderDirective
  | AnswerDirective

/** `set`, at once; `auth_request_set`, once the authentication has answered. */
export interface SetDirective {
  readonly is: 'set' | 'authRequestSet'
  /** With its `$`. */
  readonly name: string
  readonly value: string
}

/** `return`: a redirection, or a status with a text. */
export interface ReturnDirective {
  readonly is: 'return'
  readonly status: number
  /** Null: none. */
  readonly url: string | null
  readonly body: string
}

export interface RewriteDirective {
  readonly is: 'rewrite'
  readonly regex: RegexpPlan
  readonly replacement: string
  /** The query of the request is left out. */
  readonly dropsQuery: boolean
  /** Of a redirection; null: the request goes on with another path. */
  readonly status: number | null
  /** `last` ends the block, `break` all of them. */
  readonly flow: 'goOn' | 'last' | 'break'
}

/** `if` and `location`: directives that count for some requests. */
export interface BlockDirective {
  readonly is: 'block'
  readonly condition: Condition
  readonly directives: readonly Directive[]
}

export type Condition =
  | { readonly test: 'isSet'; readonly text: string }
  | { readonly test: 'equals'; readonly text: string; readonly wanted: string; readonly not: boolean }
  | { readonly test: 'matches'; readonly text: string; readonly regex: RegexpPlan; readonly not: boolean }
  | { readonly test: 'path'; readonly regex: RegexpPlan }
  | { readonly test: 'pathIs' | 'pathBegins'; readonly path: string }

/** `allow`, `deny`. */
export interface AccessDirective {
  readonly is: 'access'
  readonly allow: boolean
  /** Null: everybody. */
  readonly range: string | null
}

/** What changes a request: fields, `proxy_method`. */
export type RequestDirective =
  | { readonly is: 'input'; readonly edit: FieldEdits }
  | { readonly is: 'proxySetHeader'; readonly name: string; readonly value: string }
  | { readonly is: 'proxyMethod'; readonly method: string }

/** `add_header`. */
export interface AddHeaderDirective {
  readonly is: 'addHeader'
  readonly name: string
  readonly value: string
  /** Whatever the status. */
  readonly always: boolean
}

/** What changes an answer. */
export type AnswerDirective =
  | { readonly is: 'answer'; readonly edit: FieldEdits }
  | { readonly is: 'expires'; readonly expires: Expires }

/** Seconds from now, or two fixed values. */
export type Expires = { readonly seconds: number } | { readonly fixed: string; readonly cacheControl: string }

/** `more_set_headers` and its relatives, `proxy_hide_header`. */
export interface FieldEdits {
  /** A null value deletes; with `isPrefix` all fields whose names begin so. */
  readonly fields: readonly { readonly name: string; readonly value: string | null; readonly isPrefix: boolean }[]
  /** Only answers with one of these; empty: all. */
  readonly statuses: readonly number[]
  /** Only content of these types, lower case; empty: all. */
  readonly types: readonly string[]
  /** Beside what is there, and not in its place. */
  readonly appends: boolean
  /** Only where the field is there. */
  readonly restricts: boolean
}
