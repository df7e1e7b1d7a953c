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
  /** Servers without a positive one get nothing, but from `p2c`, which does not ask. */
  readonly weight: number
  readonly preservePath: boolean
  /** It is about to end: only clients that are bound to it still get there. Absent: it is not. */
  readonly fenced?: true
}

/** How a member is chosen. */
export type Strategy = 'wrr' | 'p2c' | 'hrw' | 'leasttime'

export interface HealthCheckPlan {
  /** `grpc`: the health protocol of gRPC, to which host, port and times apply alone. */
  readonly mode: 'http' | 'grpc'
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
  /** Failed checks in a row that take a server out; absent: 1. */
  readonly fails?: number
  /** Passed checks in a row that bring it back; absent: 1. */
  readonly passes?: number
}

export interface PassiveHealthCheckPlan {
  /** Time in which failures count, and for which the server is left out then. */
  readonly failureWindowMs: number
  readonly maxFailedAttempts: number
}

/** What binds clients to members: a cookie, or a hash of what their requests say. */
export type StickyPlan = StickyCookiePlan | StickyHashPlan

export interface StickyHashPlan {
  /** Name of the field that is hashed; null: the client's address. */
  readonly header: string | null
}

export interface StickyCookiePlan {
  readonly cookieName: string
  /** What follows `name=value`: `; Path=/; HttpOnly`. */
  readonly attributes: string
  /** It expires so many seconds after it was written: `attributes` end where that stands, and go on with this. Absent: not. */
  readonly expires?: { readonly seconds: number; readonly attributes: string }
  /** Per member: values that mean it. The first one is written, the others are older forms that are honoured. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

export interface LoadBalancerPlan {
  readonly servers: readonly ServerPlan[]
  readonly strategy: Strategy
  readonly sticky: StickyPlan | null
  readonly healthCheck: HealthCheckPlan | null
  readonly passiveHealthCheck: PassiveHealthCheckPlan | null
  readonly passHostHeader: boolean
  /** Qualified name. */
  readonly serversTransport: string
  /** What `hrw` hashes in place of the client's address, with variables of nginx; absent: that. */
  readonly hashBy?: string
  /** Time in which a server that has come grows to its full share; absent: at once. */
  readonly slowStartMs?: number
  /** 0 to 99: at most this share of the servers is left out for their health; absent: all of them may be. */
  readonly maxEjectionPercent?: number
  /** In lower case: nothing else may be upgraded to; absent: whatever clients ask for. */
  readonly allowedUpgrades?: readonly string[]
}

/** Services behind a balancer. */
export interface ServiceGroupPlan {
  readonly members: readonly {
    /** As written: what sticky values and hashes are made of. */
    readonly id: string
    /** Qualified name. */
    readonly service: string
    /** Members without a positive one get nothing. */
    readonly weight: number
    /** There is no such service: its share gets this. */
    readonly answer?: MemberAnswer
    /** Names and values in turn: what requests that go to it have. */
    readonly fields?: readonly string[]
  }[]
  /** Children that are down are passed over, and the own state is passed up. */
  readonly healthCheck: boolean
}

/** An answer without content. */
export interface MemberAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly fields: readonly string[]
}

export interface WeightedPlan extends ServiceGroupPlan {
  readonly sticky: StickyPlan | null
}

/** A service that another one names. */
export interface ChildPlan {
  /** As written. */
  readonly id: string
  /** Qualified name. */
  readonly service: string
}

export interface MirroringPlan {
  readonly main: ChildPlan
  /** `percent` is from 0 to 100. */
  readonly mirrors: readonly (ChildPlan & { readonly percent: number })[]
  readonly mirrorBody: boolean
  /** Bytes; null: no limit. Longer content goes to the main service alone. */
  readonly maxBodySize: number | null
  /** The main service's state is passed up. */
  readonly healthCheck: boolean
}

export interface FailoverPlan {
  readonly main: ChildPlan
  readonly fallback: ChildPlan
  /** The fallback's state counts too, and the own state is passed up. */
  readonly healthCheck: boolean
  readonly errors: FailoverErrorsPlan | null
}

/** Answers of the main service that count as failures. */
export interface FailoverErrorsPlan {
  /** First and last status of ranges, both included. */
  readonly statuses: readonly (readonly [low: number, high: number])[]
  /** Null: no limit. Longer content is refused. */
  readonly maxRequestBodyBytes: number | null
}
