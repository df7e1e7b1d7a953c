/** Name and value of a field, in the order of the lines; values of secrets are masked. */
export type FieldPair = readonly [name: string, value: string]

/** What would become of a request, step by step: plain JSON, no secrets, every list bounded. */
export interface Trace {
  readonly request: {
    readonly method: string
    readonly url: string
    readonly entryPoint: string
    readonly clientAddress: string
    readonly headers: readonly FieldPair[]
  }
  /** In the order in which they are tried, those below the winner last. */
  readonly routers: readonly RouterTrace[]
  readonly routersLeftOut: number
  /** The winner: of routers below one another the last one; null: none, or the request does not get so far. */
  readonly router: string | null
  /** The winner and those that it is below, from the outside in. */
  readonly path: readonly string[]
  readonly middlewares: readonly MiddlewareTrace[]
  readonly service: ServiceTrace | null
  /** URL of the server that it would go to; null: none, or chance decides. */
  readonly server: string | null
  /** The request as the server would get it; null: it would get none, or nobody knows which one. */
  readonly forwarded: { readonly method: string; readonly url: string; readonly headers: readonly FieldPair[] } | null
  /** Where the proxy answers by itself. */
  readonly answer: { readonly status: number; readonly reason: string } | null
}

export interface RouterTrace {
  readonly name: string
  readonly provider: string
  readonly rule: string
  /** Decimal. */
  readonly priority: string
  /** Its rule matches, and it is one of those that are tried. */
  readonly matched: boolean
  readonly reason: string
}

export interface MiddlewareTrace {
  readonly name: string
  readonly type: string
  readonly options: Readonly<Record<string, unknown>>
  readonly effect: string
}

export interface ServiceTrace {
  readonly name: string
  readonly type: string
  /** Within the service that it is a member of; null: it is none, or there are no weights. */
  readonly weight: number | null
  readonly children: readonly ServiceTrace[]
  readonly servers: readonly ServerTrace[]
}

export interface ServerTrace {
  readonly url: string
  readonly state: 'UP' | 'DOWN' | 'DRAINED'
  readonly chosen: boolean
}
