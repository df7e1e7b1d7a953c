import * as z from 'zod'
import { duration, emptyable, flag, integer, text, textMap, texts } from '../../../schema/scalars.ts'
import { ipStrategyFields, tlsClientBlock } from '../blocks.ts'

/**
 * Options of the providers (`providers.NAME`, Traefik v3.7 `pkg/config/static/static_config.go` and
 * `pkg/provider/*`). One table on purpose: it holds declarations only.
 */

const DEFAULT_RULE = 'Host(`{{ normalize .Name }}`)'

const defaultRule = () => text().default(DEFAULT_RULE).describe('Go template for the rule of routers without one.')
const constraints = () => text().optional().describe('Expression over labels or tags that picks what is used.')
const exposedByDefault = () => flag().default(true).describe('Use what does not say `enable=true` too.')
const allowEmptyServices = () => flag().optional().describe('Make services without servers.')
const tls = () => tlsClientBlock().optional().describe('TLS to the API.')
const token = () => text().optional().describe('Token.')
const username = () => text().optional().describe('User.')
const password = () => text().optional().describe('Password.')
const prefix = () => text().default('traefik').describe('What tags begin with.')
const throttleDuration = () => duration().optional().describe('Least time between looks at changes.')
const namespaces = () => texts().optional().describe('Namespaces that are watched; all by default.')

const dockerFields = {
  exposedByDefault: exposedByDefault(),
  constraints: constraints(),
  allowEmptyServices: allowEmptyServices(),
  network: text().optional().describe('Network whose addresses are used.'),
  useBindPortIP: flag().optional().describe('Use published addresses and ports.'),
  watch: flag().default(true).describe('Follow changes.'),
  defaultRule: defaultRule(),
  username: username(),
  password: password(),
  endpoint: text().default('unix:///var/run/docker.sock').describe('Address of the API.'),
  tls: tls(),
  httpClientTimeout: duration().optional().describe('Limit for a request to the API; 0: none.'),
}

const kubernetesFields = {
  endpoint: text().optional().describe('Address of the API server.'),
  token: text().optional().describe('Token, or path of a file that holds it.'),
  certAuthFilePath: text().optional().describe('Certificate authority of the API server.'),
}

const labelSelector = () => text().optional().describe('Labels that objects must have.')
const crossProviderNamespaces = () =>
  texts().optional().describe('Namespaces that may refer to objects of other providers; all by default.')
const nativeLBByDefault = () => flag().optional().describe('Use cluster addresses in place of endpoints.')
const disableClusterScopeResources = () => flag().optional().describe('Do not look at classes and nodes.')
const allowExternalNameServices = () => flag().optional().describe('Use services of type ExternalName.')
const serviceReference = {
  name: text().optional().describe('Name of the service.'),
  namespace: text().optional().describe('Its namespace.'),
}

const kvFields = (endpoint: string) => ({
  rootKey: text().default('traefik').describe('Key under which the configuration stands.'),
  endpoints: texts().default([endpoint]).describe('Servers.'),
})

const kubernetesIngress = z.strictObject({
  ...kubernetesFields,
  namespaces: namespaces(),
  labelSelector: labelSelector(),
  ingressClass: text().optional().describe('Class of the objects that are used.'),
  ingressEndpoint: z
    .strictObject({
      ip: text().optional().describe('Address.'),
      hostname: text().optional().describe('Name.'),
      publishedService: text().optional().describe('Service whose addresses are copied: `namespace/name`.'),
    })
    .meta({ typeName: '*ingress.EndpointIngress' })
    .optional()
    .describe('What is written into the status of objects.'),
  throttleDuration: throttleDuration(),
  allowEmptyServices: allowEmptyServices(),
  allowExternalNameServices: allowExternalNameServices(),
  crossProviderNamespaces: crossProviderNamespaces(),
  disableIngressClassLookup: flag().optional().describe('Do not look at classes; deprecated.'),
  disableClusterScopeResources: disableClusterScopeResources(),
  nativeLBByDefault: nativeLBByDefault(),
  strictPrefixMatching: flag().optional().describe('Let prefixes match whole path segments only.'),
})

const kubernetesIngressNGINX = z.strictObject({
  ...kubernetesFields,
  throttleDuration: throttleDuration(),
  globalAuthURL: text().optional().describe('URL that decides about all requests.'),
  watchNamespace: text().optional().describe('Namespace that is watched; all by default.'),
  watchNamespaceSelector: text().optional().describe('Labels of namespaces that are watched.'),
  ingressClass: text().default('nginx').describe('Name of the class.'),
  controllerClass: text().default('k8s.io/ingress-nginx').describe('Controller of the class.'),
  watchIngressWithoutClass: flag().optional().describe('Use objects without a class too.'),
  ingressClassByName: flag().optional().describe('Find the class by its name.'),
  publishService: text().optional().describe('Service whose addresses are written into the status.'),
  publishStatusAddress: texts().optional().describe('Addresses that are written into the status.'),
  defaultBackendService: text().optional().describe('Service for requests that nothing matches.'),
  disableSvcExternalName: flag().optional().describe('Refuse services of type ExternalName.'),
  ipAllowListStrategy: z
    .strictObject(ipStrategyFields)
    .meta({ typeName: '*dynamic.IPStrategy' })
    .optional()
    .describe('Which address allow lists look at.'),
  httpEntryPoint: text().optional().describe('Entry point for plain requests.'),
  httpsEntryPoint: text().optional().describe('Entry point for TLS.'),
  proxyRequestBuffering: flag().optional().describe('Read requests completely first.'),
  clientBodyBufferSize: integer().default(16384).describe('Bytes of a request held in memory.'),
  proxyBodySize: integer().default(1048576).describe('Bytes that a request may have.'),
  proxyBuffering: flag().optional().describe('Read responses completely first.'),
  proxyBufferSize: integer().default(8192).describe('Bytes of a response held in memory.'),
  proxyBuffersNumber: integer().default(4).describe('Number of such buffers.'),
  proxyConnectTimeout: integer().default(60).describe('Seconds for connecting.'),
  proxyReadTimeout: integer().default(60).describe('Seconds between reads.'),
  proxySendTimeout: integer().default(60).describe('Seconds between writes.'),
  proxyNextUpstream: text().default('error timeout').describe('When another server is tried.'),
  proxyNextUpstreamTries: integer().default(3).describe('How often.'),
  proxyNextUpstreamTimeout: integer().optional().describe('Seconds for all tries; 0: no limit.'),
  customHTTPErrors: texts().optional().describe('Statuses that the default backend answers.'),
  upstreamKeepaliveTimeout: integer().default(60).describe('Seconds an idle connection is kept.'),
  allowCrossNamespaceResources: flag().optional().describe('Permit references into other namespaces.'),
  globalAllowedResponseHeaders: texts().optional().describe('Fields that annotations may set.'),
  allowSnippetAnnotations: flag().optional().describe('Permit snippets in annotations.'),
  strictValidatePathType: flag().default(true).describe('Check paths by their type.'),
})

const kubernetesCRD = z.strictObject({
  ...kubernetesFields,
  namespaces: namespaces(),
  allowCrossNamespace: flag().optional().describe('Permit references into other namespaces.'),
  allowExternalNameServices: allowExternalNameServices(),
  crossProviderNamespaces: crossProviderNamespaces(),
  labelSelector: labelSelector(),
  ingressClass: text().optional().describe('Class of the objects that are used.'),
  throttleDuration: throttleDuration(),
  safeNaming: flag().optional().describe('Use names that cannot collide.'),
  defaultTLSResourcesNamespace: text().optional().describe('Namespace of the default TLS options and store.'),
  allowEmptyServices: allowEmptyServices(),
  nativeLBByDefault: nativeLBByDefault(),
  disableClusterScopeResources: disableClusterScopeResources(),
})

const kubernetesGateway = z.strictObject({
  ...kubernetesFields,
  qps: integer().default(50).describe('Requests a second to the API server.'),
  burst: integer().default(100).describe('Requests at once.'),
  namespaces: namespaces(),
  labelSelector: labelSelector(),
  throttleDuration: throttleDuration(),
  experimentalChannel: flag().optional().describe('Use the experimental kinds too.'),
  gateways: z
    .array(
      z.strictObject({
        name: text().optional().describe('Name of the gateway.'),
        namespace: text().optional().describe('Its namespace.'),
      }),
    )
    .optional()
    .describe('Gateways that are used; all by default.'),
  statusAddress: z
    .strictObject({
      ip: text().optional().describe('Address.'),
      hostname: text().optional().describe('Name.'),
      service: z
        .strictObject(serviceReference)
        .meta({ typeName: 'gateway.ServiceRef' })
        .optional()
        .describe('Service whose addresses are copied.'),
    })
    .meta({ typeName: '*gateway.StatusAddress' })
    .optional()
    .describe('What is written into the status of gateways.'),
  nativeLBByDefault: nativeLBByDefault(),
  crossProviderNamespaces: crossProviderNamespaces(),
})

const knativeService = (what: string) =>
  z
    .strictObject(serviceReference)
    .meta({ typeName: 'knative.ServiceRef' })
    .optional()
    .describe(`Service for ${what} traffic.`)

const knative = z.strictObject({
  ...kubernetesFields,
  namespaces: namespaces(),
  labelSelector: labelSelector(),
  publicEntryPoints: texts().optional().describe('Entry points for traffic from outside.'),
  publicService: knativeService('public'),
  privateEntryPoints: texts().optional().describe('Entry points for traffic from inside.'),
  privateService: knativeService('private'),
  throttleDuration: throttleDuration(),
})

const consulCatalog = z.strictObject({
  constraints: constraints(),
  endpoint: z
    .strictObject({
      address: text().optional().describe('Address of the server.'),
      scheme: text().optional().describe('Scheme of the address.'),
      datacenter: text().optional().describe('Data center; the one of the agent by default.'),
      token: token(),
      tls: tls(),
      httpAuth: z
        .strictObject({ username: username(), password: password() })
        .meta({ typeName: '*consulcatalog.EndpointHTTPAuthConfig' })
        .optional()
        .describe('User and password for the API.'),
      endpointWaitTime: duration().optional().describe('How long a watch waits.'),
    })
    .meta({ typeName: '*consulcatalog.EndpointConfig' })
    .prefault({})
    .describe('The server.'),
  prefix: prefix(),
  refreshInterval: duration().default('15s').describe('Time between looks at changes.'),
  requireConsistent: flag().optional().describe('Read consistently.'),
  stale: flag().optional().describe('Permit stale reads.'),
  cache: flag().optional().describe('Use the cache of the agent.'),
  exposedByDefault: exposedByDefault(),
  defaultRule: defaultRule(),
  connectAware: flag().optional().describe('Use Consul Connect.'),
  connectByDefault: flag().optional().describe('Take every service for a Connect service.'),
  serviceName: text().default('traefik').describe('Name of the proxy in Consul.'),
  watch: flag().optional().describe('Follow changes at once.'),
  strictChecks: texts().default(['passing', 'warning']).describe('States of checks that count as healthy.'),
  namespaces: namespaces(),
})

const nomad = z.strictObject({
  defaultRule: defaultRule(),
  constraints: constraints(),
  endpoint: z
    .strictObject({
      address: text().default('http://127.0.0.1:4646').describe('Address of the server.'),
      region: text().optional().describe('Region; the one of the agent by default.'),
      token: token(),
      tls: tls(),
      endpointWaitTime: duration().optional().describe('How long a watch waits.'),
    })
    .meta({ typeName: '*nomad.EndpointConfig' })
    .prefault({})
    .describe('The server.'),
  prefix: prefix(),
  stale: flag().optional().describe('Permit stale reads.'),
  exposedByDefault: exposedByDefault(),
  refreshInterval: duration().default('15s').describe('Time between looks at changes.'),
  allowEmptyServices: allowEmptyServices(),
  watch: flag().optional().describe('Follow changes at once.'),
  throttleDuration: throttleDuration(),
  namespaces: namespaces(),
})

const ecs = z.strictObject({
  constraints: constraints(),
  exposedByDefault: exposedByDefault(),
  refreshSeconds: integer().default(15).describe('Seconds between looks at changes.'),
  defaultRule: defaultRule(),
  clusters: texts().default(['default']).describe('Clusters that are read.'),
  autoDiscoverClusters: flag().optional().describe('Read all clusters.'),
  healthyTasksOnly: flag().optional().describe('Use healthy tasks only.'),
  ecsAnywhere: flag().optional().describe('Use machines outside of the cloud too.'),
  region: text().optional().describe('Region; by default that of the machine.'),
  accessKeyID: text().optional().describe('Access key.'),
  secretAccessKey: text().optional().describe('Secret of the access key.'),
})

const consul = z.strictObject({ ...kvFields('127.0.0.1:8500'), token: token(), tls: tls(), namespaces: namespaces() })
const etcd = z.strictObject({ ...kvFields('127.0.0.1:2379'), tls: tls(), username: username(), password: password() })
const zooKeeper = z.strictObject({ ...kvFields('127.0.0.1:2181'), username: username(), password: password() })

const redis = z.strictObject({
  ...kvFields('127.0.0.1:6379'),
  tls: tls(),
  username: username(),
  password: password(),
  db: integer().optional().describe('Number of the database.'),
  sentinel: z
    .strictObject({
      masterName: text().optional().describe('Name of the master.'),
      username: username(),
      password: password(),
      latencyStrategy: flag().optional().describe('Read from the nearest server.'),
      randomStrategy: flag().optional().describe('Read from any server.'),
      replicaStrategy: flag().optional().describe('Read from replicas.'),
      useDisconnectedReplicas: flag().optional().describe('Use replicas without a master too.'),
    })
    .meta({ typeName: '*redis.Sentinel' })
    .optional()
    .describe('Find the servers by Sentinel.'),
})

const http = z.strictObject({
  endpoint: text().optional().describe('URL of the configuration.'),
  pollInterval: duration().default('5s').describe('Time between requests.'),
  pollTimeout: duration().default('5s').describe('Limit for an answer.'),
  headers: textMap().optional().describe('Fields sent with the request.'),
  tls: tls(),
  maxResponseBodySize: integer().default(-1).describe('Bytes that an answer may have; -1: no limit.'),
})

const file = z
  .strictObject({
    directory: text().optional().describe('Folder whose files are read; wins over `filename`.'),
    watch: flag().default(true).describe('Follow changes.'),
    filename: text().optional().describe('File that is read.'),
    debugLogGeneratedTemplate: flag().optional().describe('Log the text after templating.'),
  })
  .meta({ typeName: '*file.Provider' })

/** The option blocks by their name under `providers`. */
export const providerSchemas = {
  docker: emptyable(z.strictObject(dockerFields)).optional().describe('Containers of Docker.'),
  swarm: emptyable(
    z.strictObject({
      ...dockerFields,
      refreshSeconds: duration().default('15s').describe('Time between looks at changes.'),
    }),
  )
    .optional()
    .describe('Services of Docker Swarm.'),
  file: file.optional().describe('Files.'),
  kubernetesIngress: emptyable(kubernetesIngress).optional().describe('Ingress objects of Kubernetes.'),
  kubernetesIngressNGINX: emptyable(kubernetesIngressNGINX)
    .optional()
    .describe('Ingress objects with the annotations of ingress-nginx.'),
  kubernetesCRD: emptyable(kubernetesCRD).optional().describe('Custom resources of Kubernetes.'),
  kubernetesGateway: emptyable(kubernetesGateway).optional().describe('Gateway API of Kubernetes.'),
  knative: emptyable(knative).optional().describe('Knative.'),
  rest: emptyable(
    z.strictObject({ insecure: flag().optional().describe('Serve it on the entry point `traefik`, to anyone.') }),
  )
    .optional()
    .describe('Configuration that is put by HTTP.'),
  consulCatalog: emptyable(consulCatalog).optional().describe('Services of Consul.'),
  nomad: emptyable(nomad).optional().describe('Services of Nomad.'),
  ecs: emptyable(ecs).optional().describe('Tasks of Amazon ECS.'),
  consul: emptyable(consul).optional().describe('Keys of Consul.'),
  etcd: emptyable(etcd).optional().describe('Keys of etcd.'),
  zooKeeper: emptyable(zooKeeper).optional().describe('Nodes of ZooKeeper.'),
  redis: emptyable(redis).optional().describe('Keys of Redis.'),
  http: emptyable(http).optional().describe('Configuration that is fetched by HTTP.'),
  plugin: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .meta({ typeName: 'map[string]static.PluginConf' })
    .optional()
    .describe('Provider plug-ins by name.'),
} as const
