/** What a worker says of itself to the people who run it. All times are milliseconds since 1970, by the worker's clock. */
export interface WorkerStatus {
  readonly now: number
  /** The isolate that answers. */
  readonly isolate: Omit<LocationState, 'isolates' | 'since' | 'heardAt'>
  readonly kv: Reach
  /** The object that keeps what isolates tell. */
  readonly object: Reach
  /** Null: nobody keeps what isolates tell, or it can't be reached. */
  readonly report: StatusReport | null
  /** Servers that are checked. */
  readonly servers: readonly ServerState[]
}

/** Whether something that the worker needs answers. */
export interface Reach {
  /** Whether there is a binding. */
  readonly bound: boolean
  readonly reachable: boolean
  /** Why it can't be reached; empty: it can. */
  readonly reason: string
}

/** What isolates have told lately. */
export interface StatusReport {
  readonly now: number
  readonly locations: readonly LocationState[]
  /** The latest first. */
  readonly problems: readonly ProblemCount[]
}

/** Isolates of one location that stand alike. */
export interface LocationState {
  /** Code of the data centre; empty: unknown. */
  readonly location: string
  /** Null: they serve nothing. */
  readonly revision: number | null
  /** Where it comes from: `kv`, or what there was instead; empty: they serve nothing. */
  readonly from: string
  /** Of the worker. */
  readonly version: string
  readonly isolates: number
  /** When the first of them took it over. */
  readonly since: number
  /** When the last of them told so. */
  readonly heardAt: number
}

/** Something that went wrong, counted. */
export interface ProblemCount {
  readonly text: string
  readonly count: number
  readonly first: number
  readonly last: number
}

/** A server that is checked. */
export interface ServerState {
  readonly service: string
  /** Its URL, without what may be a secret in it. */
  readonly server: string
  readonly up: boolean
  /** Null: nobody who was asked has checked it. */
  readonly checkedAt: number | null
  /** Why the last check failed; empty: it did not. */
  readonly reason: string
}
