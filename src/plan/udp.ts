import type { ElementPlan } from './plan.ts'

/** The section `udp` of a plan; names are qualified. */
export interface UdpPlan {
  /** Names of the UDP entry points. */
  readonly entryPoints: readonly string[]
  readonly routers: Readonly<Record<string, UdpRouterPlan>>
  readonly services: Readonly<Record<string, UdpServicePlan>>
}

export interface UdpRouterPlan extends ElementPlan {
  /** Entry points that exist. */
  readonly entryPoints: readonly string[]
  /** Qualified name. */
  readonly service: string
}

export interface UdpServicePlan extends ElementPlan {
  /** Null when `errors` says why. */
  readonly config: UdpLoadBalancerPlan | UdpWeightedPlan | null
}

export interface UdpLoadBalancerPlan {
  readonly kind: 'loadBalancer'
  readonly servers: readonly UdpServerPlan[]
}

export interface UdpServerPlan {
  /** As configured. */
  readonly address: string
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

export interface UdpWeightedPlan {
  readonly kind: 'weighted'
  /** `service` is a qualified name; a weight of 0 is never picked. */
  readonly members: readonly { readonly id: string; readonly service: string; readonly weight: number }[]
}

/** Where there is none. */
export const NO_UDP: UdpPlan = { entryPoints: [], routers: {}, services: {} }
