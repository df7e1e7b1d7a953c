/** The object of a cluster that a router is made of. */
export interface RouterOrigin {
  readonly namespace: string
  readonly name: string
  /** `Ingress` or `IngressRoute`. */
  readonly kind: string
}

/** The Service of a cluster that the servers of a load balancer belong to. */
export interface ServiceOrigin {
  readonly namespace: string
  readonly name: string
  /** Name or number, as the reference to it has it. */
  readonly port: string
}
