import type * as z from 'zod'
import { entryPointProtocol } from '../../../install/address.ts'
import type { InstallConfig } from '../../../install/install.ts'
import type { kubernetesGatewayProvider } from '../../../install/providers/kubernetes.ts'
import type { KeyPair } from '../secrets.ts'

/** Kinds of routes, in the order in which they are read. */
export type RouteKind = 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute'

/** An entry point, as far as listeners ask. */
export interface GatewayEntryPoint {
  readonly address: string
  /** Whether its routers have TLS by default: plain HTTP is not to be had there. */
  readonly hasHttpTls: boolean
}

type ProviderOptions = NonNullable<z.output<typeof kubernetesGatewayProvider.schema>>

/** `providers.kubernetesGateway`, and what else decides. */
export type GatewayOptions = ProviderOptions & {
  readonly entryPoints: ReadonlyMap<string, GatewayEntryPoint>
  /** The provider of custom resources that routes may refer to; null: there is none. */
  readonly crd: CrdNaming | null
  /** The world may lack what the cluster has: classes, Gateways, and endpoints in any case. */
  readonly isPartial?: true
  /** What is wrong with a certificate and its key, null: nothing. */
  readonly faultOf: (pair: KeyPair) => string | null
}

/** How the provider of custom resources calls them, and of which namespaces. */
export interface CrdNaming {
  readonly safeNaming?: boolean | undefined
  readonly namespaces?: readonly string[] | undefined
}

/** The options of the provider in a process. */
export const gatewayOptionsOf = (
  options: ProviderOptions,
  install: Pick<InstallConfig, 'entryPoints' | 'providers'> | null | undefined,
  faultOf: GatewayOptions['faultOf'],
): GatewayOptions => ({
  ...options,
  faultOf,
  crd: install?.providers.kubernetesCRD ?? null,
  entryPoints: new Map(
    Object.entries(install?.entryPoints ?? {}).flatMap(([name, { address = '', http }]) =>
      entryPointProtocol(address) === 'udp'
        ? []
        : [[name, { address: address.replace(/\/tcp$/i, ''), hasHttpTls: http?.tls !== undefined }] as const],
    ),
  ),
})
