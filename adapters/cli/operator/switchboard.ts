/** A server that gets no new sessions, by the service that has it. */
export interface Drained {
  /** Its qualified name. */
  readonly service: string
  /** URLs or addresses, without what is secret in them. */
  readonly drained: readonly string[]
}

/** How a maintenance middleware is switched. */
export interface Switched {
  /** Its qualified name. */
  readonly middleware: string
  /** Null: as configured. */
  readonly on: boolean | null
}

export type Protocol = 'http' | 'tcp' | 'udp'

/** What operators say by hand, wherever the proxy is: through its API, or through the KV that Workers read. */
export interface Switchboard {
  /** Where that is, for messages; empty: the proxy at hand. */
  readonly title: string
  drained(protocol: Protocol, service: string): Promise<Drained>
  drain(protocol: Protocol, service: string, server: string, isDrained: boolean): Promise<Drained>
  switched(middleware: string): Promise<Switched>
  /** Null: as configured again. */
  turn(middleware: string, on: boolean | null): Promise<Switched>
}
