import type { Manifest } from './kubernetes.ts'

/** Objects that tests make; those of namespaces are in `shop`. */

export const NAMESPACE = 'shop'

const inNamespace = (apiVersion: string, kind: string, name: string, more: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: NAMESPACE },
  ...more,
})

const ofCluster = (apiVersion: string, kind: string, name: string, more: object = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
  ...more,
})

export const namespace = (name = NAMESPACE): Manifest => ofCluster('v1', 'Namespace', name)

/** A service with the port `web` (80). */
export const service = (name: string): Manifest =>
  inNamespace('v1', 'Service', name, { spec: { ports: [{ name: 'web', port: 80, targetPort: 8080 }] } })

/** Ready endpoints of a service, on port 8080. */
export const endpoints = (of: string, ...addresses: string[]): Manifest => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${of}-1`, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true } })),
})

/** A name outside of the cluster, as a service with one port. */
export const externalName = (name: string, host: string, port: number): Manifest =>
  inNamespace('v1', 'Service', name, { spec: { type: 'ExternalName', externalName: host, ports: [{ port }] } })

/** `Host(NAME.test)` to port 80 of the service. */
export const ingressRoute = (name: string, to = 'app', port = 80): Manifest =>
  inNamespace('traefik.io/v1alpha1', 'IngressRoute', name, {
    spec: {
      entryPoints: ['web'],
      routes: [{ kind: 'Rule', match: `Host(\`${name}.test\`)`, services: [{ name: to, port }] }],
    },
  })

/** The same as an Ingress. */
export const ingress = (name: string, to = 'app', port = 80): Manifest =>
  inNamespace('networking.k8s.io/v1', 'Ingress', name, {
    spec: {
      rules: [
        {
          host: `${name}.test`,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: to, port: { number: port } } } }],
          },
        },
      ],
    },
  })

/** The same as an Ingress of Knative. */
export const knativeIngress = (name: string, to = 'app', host = `${name}.test`): Manifest => ({
  apiVersion: 'networking.internal.knative.dev/v1alpha1',
  kind: 'Ingress',
  metadata: {
    name,
    namespace: NAMESPACE,
    annotations: { 'networking.knative.dev/ingress.class': 'traefik.ingress.networking.knative.dev' },
  },
  spec: {
    rules: [
      {
        hosts: [host],
        http: {
          paths: [{ splits: [{ serviceNamespace: NAMESPACE, serviceName: to, servicePort: 80, percent: 100 }] }],
        },
      },
    ],
  },
})

const GATEWAY_API = 'gateway.networking.k8s.io'

export const gatewayClass = (name = 'ours', controllerName = 'traefik.io/gateway-controller'): Manifest =>
  ofCluster(`${GATEWAY_API}/v1`, 'GatewayClass', name, { spec: { controllerName } })

/** A Gateway of the class `ours`. @param listeners by default HTTP on port 80 */
export const gateway = (
  name: string,
  listeners: readonly object[] = [HTTP_LISTENER],
  gatewayClassName = 'ours',
): Manifest => inNamespace(`${GATEWAY_API}/v1`, 'Gateway', name, { spec: { gatewayClassName, listeners } })

const HTTP_LISTENER = { name: 'web', port: 80, protocol: 'HTTP' }

/** `NAME.test` to port 80 of the service. */
export const httpRoute = (name: string, to = 'app', parentRefs: readonly object[] = [{ name: 'edge' }]): Manifest =>
  inNamespace(`${GATEWAY_API}/v1`, 'HTTPRoute', name, {
    spec: { parentRefs, hostnames: [`${name}.test`], rules: [{ backendRefs: [{ name: to, port: 80 }] }] },
  })

export const tcpRoute = (name: string, to = 'app'): Manifest =>
  inNamespace(`${GATEWAY_API}/v1alpha2`, 'TCPRoute', name, {
    spec: { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: to, port: 80 }] }] },
  })

/** A certificate as a Secret. @param texts values of `tls.crt` and `tls.key` */
export const tlsSecret = (name: string, texts: { readonly cert: string; readonly key: string }): Manifest =>
  inNamespace('v1', 'Secret', name, {
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': btoa(texts.cert), 'tls.key': btoa(texts.key) },
  })

/** A rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

const READ = ['get', 'list', 'watch']

/** What Traefik's documentation has for its providers. */
export const TRAEFIK_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['services', 'secrets', 'nodes', 'configmaps'], verbs: READ },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update'] },
  { apiGroups: ['traefik.io'], resources: ['*'], verbs: READ },
]

const GATEWAY_KINDS = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'tlsroutes', 'backendtlspolicies']

/** Those for the Gateway API. */
export const GATEWAY_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['services', 'secrets', 'configmaps', 'namespaces'], verbs: READ },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  { apiGroups: [GATEWAY_API], resources: [...GATEWAY_KINDS, 'referencegrants'], verbs: READ },
  { apiGroups: [GATEWAY_API], resources: GATEWAY_KINDS.map((kind) => `${kind}/status`), verbs: ['update'] },
]

/** Rules without a resource; by default those of Traefik. */
export const rulesWithout = (resource: string, rules = TRAEFIK_RULES): readonly Rule[] =>
  rules
    .map((rule) => ({ ...rule, resources: rule.resources.filter((name) => name !== resource) }))
    .filter(({ resources }) => resources.length > 0)

/** What a user may do in the whole cluster. */
export const rightsOf = (user: string, rules: readonly Rule[]): readonly [Manifest, Manifest] => [
  ofCluster('rbac.authorization.k8s.io/v1', 'ClusterRole', user, { rules }),
  ofCluster('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', user, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  }),
]

export const ingressClass = (name: string, controller: string): Manifest =>
  ofCluster('networking.k8s.io/v1', 'IngressClass', name, { spec: { controller } })
