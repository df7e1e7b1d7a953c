/** One instance of a service, as Consul or Nomad lists it. */
export interface CatalogInstance {
  /** Of the instance; unique on a node. */
  readonly id: string
  readonly node: string
  /** Of the service. */
  readonly name: string
  readonly namespace: string
  readonly datacenter: string
  /** Empty: it has none. */
  readonly address: string
  /** Empty: it has none. */
  readonly port: string
  readonly tags: readonly string[]
  /** What its checks say together: `passing`, `warning`, `critical`, `maintenance`; empty: there is nothing like it. */
  readonly status: string
}
