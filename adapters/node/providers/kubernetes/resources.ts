/** A kind of objects as the API server serves it. */
export interface Resource {
  /** As derivations ask for it. */
  readonly kind: string
  /** Empty: the core group. */
  readonly group: string
  readonly version: string
  /** As paths and rules of RBAC name it. */
  readonly plural: string
  /** False: its objects belong to the cluster. */
  readonly isNamespaced: boolean
  /** It comes from a definition: who writes the status of an object changes nothing else of it. */
  readonly isCustom?: true
}

const resource = (kind: string, group: string, version: string, plural: string, isNamespaced = true): Resource => ({
  kind,
  group,
  version,
  plural,
  isNamespaced,
})

export const SERVICES = resource('Service', '', 'v1', 'services')
export const ENDPOINT_SLICES = resource('EndpointSlice', 'discovery.k8s.io', 'v1', 'endpointslices')
export const SECRETS = resource('Secret', '', 'v1', 'secrets')
export const CONFIG_MAPS = resource('ConfigMap', '', 'v1', 'configmaps')
export const NODES = resource('Node', '', 'v1', 'nodes', false)
export const NAMESPACES = resource('Namespace', '', 'v1', 'namespaces', false)
export const INGRESSES = resource('Ingress', 'networking.k8s.io', 'v1', 'ingresses')
export const INGRESS_CLASSES = resource('IngressClass', 'networking.k8s.io', 'v1', 'ingressclasses', false)

/** What Knative makes of its services. */
export const KNATIVE_INGRESSES = resource('Ingress', 'networking.internal.knative.dev', 'v1alpha1', 'ingresses')

const traefik = (kind: string, plural: string): Resource => resource(kind, 'traefik.io', 'v1alpha1', plural)

/** Traefik's own kinds. */
export const TRAEFIK_KINDS: readonly Resource[] = [
  traefik('IngressRoute', 'ingressroutes'),
  traefik('IngressRouteTCP', 'ingressroutetcps'),
  traefik('IngressRouteUDP', 'ingressrouteudps'),
  traefik('Middleware', 'middlewares'),
  traefik('MiddlewareTCP', 'middlewaretcps'),
  traefik('ServersTransport', 'serverstransports'),
  traefik('ServersTransportTCP', 'serverstransporttcps'),
  traefik('TLSOption', 'tlsoptions'),
  traefik('TLSStore', 'tlsstores'),
  traefik('TraefikService', 'traefikservices'),
]

const gateway = (kind: string, plural: string, version = 'v1', isNamespaced = true): Resource => ({
  ...resource(kind, 'gateway.networking.k8s.io', version, plural, isNamespaced),
  isCustom: true,
})

export const GATEWAY_CLASSES = gateway('GatewayClass', 'gatewayclasses', 'v1', false)
export const REFERENCE_GRANTS = gateway('ReferenceGrant', 'referencegrants', 'v1beta1')
export const TCP_ROUTES = gateway('TCPRoute', 'tcproutes', 'v1alpha2')

/** Kinds of the standard channel of the Gateway API whose status is written. */
export const GATEWAY_KINDS: readonly Resource[] = [
  gateway('Gateway', 'gateways'),
  gateway('HTTPRoute', 'httproutes'),
  gateway('GRPCRoute', 'grpcroutes'),
  gateway('TLSRoute', 'tlsroutes'),
  gateway('BackendTLSPolicy', 'backendtlspolicies'),
]

/** `ingressroutes.traefik.io`; `services` in the core group. */
export const resourceName = ({ plural, group }: Resource): string => (group === '' ? plural : `${plural}.${group}`)

/** `networking.k8s.io/v1` */
export const apiVersionOf = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`)

/** Path of the objects of a kind. @param namespace empty: those of all */
export function pathOf(of: Resource, namespace: string): string {
  const root = of.group === '' ? `/api/${of.version}` : `/apis/${of.group}/${of.version}`
  return `${root}${namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${of.plural}`
}
