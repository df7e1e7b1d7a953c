/** What is known of a server beside its health; it outlives snapshots. */
export interface ServerStanding {
  /** An operator drains it: no new sessions; those that name it go on. */
  readonly drained: boolean
  /**
   * When it joined a service that was serving already, or came back from a drain, on the clock's scale; null: it was
   * there when the service came.
   */
  readonly joinedAt: number | null
}

/** An element that operators may switch while the configuration stays as it is; it outlives snapshots. */
export interface ManualSwitch {
  /** Null: as configured. */
  readonly on: boolean | null
}

/** What operators have said by hand, by qualified names. */
export interface OperatorView {
  server(service: string, url: string): ServerStanding
  middleware(name: string): ManualSwitch
}
