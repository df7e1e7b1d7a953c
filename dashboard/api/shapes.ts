/** What the API says, as far as pages read it. Elements have whatever keys their kind has. */

export interface Version {
  readonly Version: string
  readonly Codename: string
  readonly startDate: string
  readonly dashboardName?: string
  /** Commands are taken. */
  readonly control?: boolean
  /** What this runtime shows beside what Traefik's API does: `events`, `problems` … */
  readonly offers: readonly string[]
}

export interface Count {
  readonly total: number
  readonly warnings: number
  readonly errors: number
}

export interface Overview {
  readonly http: Readonly<Record<string, Count>>
  readonly tcp: Readonly<Record<string, Count>>
  readonly udp: Readonly<Record<string, Count>>
  readonly certificates: Count
  readonly features: Readonly<Record<string, string | boolean>>
  readonly providers?: readonly string[]
}

export interface EntryPoint {
  readonly name: string
  readonly address?: string
  readonly http?: { readonly tls?: unknown }
}

/** Any element: a router, a service, a middleware. */
export interface Element {
  readonly name: string
  readonly provider: string
  readonly status: string
  readonly type?: string
  readonly error?: readonly string[]
  readonly usedBy?: readonly string[]
  readonly serverStatus?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

export interface Router extends Element {
  readonly rule?: string
  readonly service?: string
  readonly using?: readonly string[]
  readonly entryPoints?: readonly string[]
  readonly middlewares?: readonly string[]
  readonly priorityStr?: string
  readonly tls?: unknown
  readonly parentRefs?: readonly string[]
}

export interface Certificate {
  readonly name: string
  readonly commonName?: string
  readonly sans?: readonly string[]
  readonly notAfter: string
  readonly notBefore?: string
  readonly issuerCN?: string
  readonly issuerOrg?: string
  readonly keyType?: string
  readonly keySize?: number
  readonly serialNumber?: string
  readonly certFingerprint?: string
  readonly status: string
}

/** How a provider stands. */
export interface ProviderState {
  readonly name: string
  readonly status: string
  readonly since: string
  readonly peer: string | null
  readonly error: string | null
  readonly nextTryAt: string | null
  readonly changedAt: string | null
  readonly objects: number
}

export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint: string | null
  readonly provider: string | null
  /** `http.routers.shop` */
  readonly element: string | null
  readonly origin: string | null
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly frame: string | null
  readonly since: string
}

export interface Change {
  /** `http.routers` */
  readonly kind: string
  readonly name: string
  readonly change: 'added' | 'changed' | 'removed'
  readonly before: unknown
  readonly after: unknown
}

export interface Applied {
  readonly revision: number
  readonly at: string
  readonly providers: readonly string[]
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly changes: readonly Change[]
  readonly changesLeftOut: number
}

export interface Figures {
  readonly requests: number
  readonly errors: number
  readonly p50: number | null
  readonly p99: number | null
}

export interface Traffic {
  readonly listening: boolean
  readonly stepSeconds: number
  readonly from: string
  readonly steps: number
  readonly total: {
    readonly requests: readonly number[]
    readonly errors: readonly number[]
    readonly p50: readonly (number | null)[]
    readonly p99: readonly (number | null)[]
  }
  readonly routers: Readonly<Record<string, Figures>>
  readonly servers: Readonly<Record<string, Figures>>
}

export type Field = readonly [name: string, value: string]

export interface ExplainedService {
  readonly name: string
  readonly type: string
  readonly weight?: number | null
  readonly children?: readonly ExplainedService[]
  readonly servers?: readonly { readonly url: string; readonly state: string; readonly chosen: boolean }[]
}

export interface Explanation {
  readonly request: {
    readonly method: string
    readonly url: string
    readonly entryPoint: string | null
    readonly clientAddress: string | null
    readonly headers: readonly Field[]
  }
  readonly routers: readonly {
    readonly name: string
    readonly provider: string
    readonly rule: string
    readonly priority: string
    readonly matched: boolean
    readonly reason: string
  }[]
  readonly routersLeftOut: number
  readonly router: string | null
  readonly path: readonly string[]
  readonly middlewares: readonly {
    readonly name: string
    readonly type: string
    readonly options: unknown
    readonly effect: string
  }[]
  readonly service: ExplainedService | null
  readonly server: string | null
  readonly forwarded: { readonly method: string; readonly url: string; readonly headers: readonly Field[] } | null
  readonly answer: { readonly status: number; readonly reason: string } | null
}
