/** Run-time options of service kinds: plain JSON, times in milliseconds. */

export interface ServerPlan {
  /** As configured. */
  readonly url: string
  /** Lower case; anything but http, https and h2c fails when a request comes. */
  readonly scheme: string
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** `host:port` as it stands in the URL. */
  readonly authority: string
  /** Encoded path; empty when there is none. */
  readonly path: string
  /** Positive: servers without weight are left out. */
  readonly weight: number
  readonly preservePath: boolean
  readonly fenced: boolean
}

export interface HealthCheckPlan {
  /** Relative reference. */
  readonly path: string
  readonly method: string
  /** Empty: those of the server's URL. */
  readonly scheme: string
  /** 0: that of the server's URL. */
  readonly port: number
  readonly hostname: string
  readonly headers: Readonly<Record<string, string>>
  /** 0: any from 200 to 399. */
  readonly status: number
  readonly followRedirects: boolean
  readonly intervalMs: number
  readonly unhealthyIntervalMs: number
  readonly timeoutMs: number
}

export interface StickyPlan {
  readonly cookieName: string
  /** What follows `name=value`: `; Path=/; HttpOnly`. */
  readonly attributes: string
  /** Per member: values that mean it. The first one is written, the others are older forms that are honoured. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

export interface LoadBalancerPlan {
  readonly servers: readonly ServerPlan[]
  readonly sticky: StickyPlan | null
  readonly healthCheck: HealthCheckPlan | null
  readonly passHostHeader: boolean
  /** Qualified name. */
  readonly serversTransport: string
}

export interface WeightedPlan {
  readonly members: readonly {
    /** As written: what sticky values are made of. */
    readonly id: string
    /** Qualified name. */
    readonly service: string
    /** Positive. */
    readonly weight: number
  }[]
  readonly sticky: StickyPlan | null
  /** Children that are down are passed over, and the own state is passed up. */
  readonly healthCheck: boolean
}
