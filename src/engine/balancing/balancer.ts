/** A member of a balancer: an HTTP server, a service, a TCP server. */
export interface Candidate {
  /** What it is known by, also to sticky sessions: server URL or service name as written. */
  readonly id: string
  /** Positive; `p2c` alone does not ask. */
  readonly weight: number
  /** Gets no picks now, as it is drained or kept back from one; still serves sessions that name it. */
  readonly fenced: boolean
  isUp(): boolean
}

/** A candidate whose load is known. */
export interface LoadedCandidate extends Candidate {
  /** Requests it is answering. */
  readonly inFlight: number
}

/** A candidate whose speed is known too. */
export interface TimedCandidate extends LoadedCandidate {
  /** Mean time to the first byte of its last answers in milliseconds; 0 while there are none. */
  readonly latencyMs: number
}

/** What is known of who asks. A client of an exchange is one as it stands. */
export interface Flow {
  /** IP address of the peer, without port. */
  readonly address: string
}

/** Picks among candidates; knows nothing of HTTP. */
export interface Balancer<C extends Candidate> {
  /** Null: no candidate is available. */
  pick(flow: Flow): C | null
  /** Whom the next pick would take, while nothing moves; undefined: chance decides. */
  peek(flow: Flow): C | null | undefined
}

/** Whether a candidate may get a new pick. */
export const isAvailable = (candidate: Candidate): boolean => !candidate.fenced && candidate.isUp()
