/** What every object of a cluster has. */
export interface ObjectMeta {
  readonly name: string
  /** Absent: the object belongs to the cluster. */
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  /** RFC 3339. */
  readonly creationTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** An object of a cluster as the API server gives it; what else it has depends on its kind, and may be anything. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [key: string]: unknown
}

/** v1 Service, as far as providers read it. */
export interface Service extends KubernetesObject {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly externalName?: string
    readonly externalIPs?: readonly string[]
    readonly ports?: readonly ServicePort[]
  }
  readonly status?: { readonly loadBalancer?: LoadBalancerStatus }
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly nodePort?: number
  readonly appProtocol?: string
}

export interface LoadBalancerStatus {
  readonly ingress?: readonly {
    readonly ip?: string
    readonly hostname?: string
    readonly ports?: readonly unknown[]
  }[]
}

/** discovery.k8s.io/v1 EndpointSlice. */
export interface EndpointSlice extends KubernetesObject {
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
}

export interface Endpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
}

/** v1 Secret; values are base64. */
export interface Secret extends KubernetesObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** v1 ConfigMap. */
export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

/** v1 Node. */
export interface Node extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] }
}

/** networking.k8s.io/v1 IngressClass. */
export interface IngressClass extends KubernetesObject {
  readonly spec?: { readonly controller?: string }
}
