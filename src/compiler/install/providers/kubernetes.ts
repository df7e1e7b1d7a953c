import * as z from 'zod'
import { emptyable, flag, integer, text, texts } from '../../../schema/scalars.ts'
import { ipStrategyFields } from '../blocks.ts'
import { defineProvider } from './definition.ts'
import { allowEmptyServices, namespaces, throttleDuration } from './options.ts'

const kubernetesFields = {
  endpoint: text().optional().describe('Address of the API server.'),
  token: text().optional().describe('Token, or path of a file that holds it.'),
  certAuthFilePath: text().optional().describe('Certificate authority of the API server.'),
  secretsByName: flag()
    .optional()
    .meta({ ours: true })
    .describe('Ask for Secrets by their names instead of following all: the right to list them is not needed.'),
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

/** Ingress objects of Kubernetes. */
export const kubernetesIngressProvider = defineProvider({
  goName: 'KubernetesIngress',
  schema: emptyable(kubernetesIngress).optional().describe('Ingress objects of Kubernetes.'),
})

/** Ingress objects with the annotations of ingress-nginx. */
export const kubernetesIngressNGINXProvider = defineProvider({
  goName: 'KubernetesIngressNGINX',
  schema: emptyable(kubernetesIngressNGINX)
    .optional()
    .describe('Ingress objects with the annotations of ingress-nginx.'),
})

/** Custom resources of Kubernetes. */
export const kubernetesCRDProvider = defineProvider({
  goName: 'KubernetesCRD',
  schema: emptyable(kubernetesCRD).optional().describe('Custom resources of Kubernetes.'),
})

/** Gateway API of Kubernetes. */
export const kubernetesGatewayProvider = defineProvider({
  goName: 'KubernetesGateway',
  schema: emptyable(kubernetesGateway).optional().describe('Gateway API of Kubernetes.'),
})

/** Knative. */
export const knativeProvider = defineProvider({
  goName: 'Knative',
  schema: emptyable(knative).optional().describe('Knative.'),
})
