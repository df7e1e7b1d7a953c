import { consulCatalogProvider } from './consul-catalog.ts'
import { dockerProvider, swarmProvider } from './docker.ts'
import { ecsProvider } from './ecs.ts'
import { fileProvider } from './file.ts'
import { httpProvider } from './http.ts'
import {
  knativeProvider,
  kubernetesCRDProvider,
  kubernetesGatewayProvider,
  kubernetesIngressNGINXProvider,
  kubernetesIngressProvider,
} from './kubernetes.ts'
import { consulProvider, etcdProvider, redisProvider, zooKeeperProvider } from './kv.ts'
import { nomadProvider } from './nomad.ts'
import { pluginProvider } from './plugin.ts'
import { restProvider } from './rest.ts'

/** Every provider by its name under `providers`, in Traefik's order: the one list of what there is to configure. */
export const providerDefinitions = {
  docker: dockerProvider,
  swarm: swarmProvider,
  file: fileProvider,
  kubernetesIngress: kubernetesIngressProvider,
  kubernetesIngressNGINX: kubernetesIngressNGINXProvider,
  kubernetesCRD: kubernetesCRDProvider,
  kubernetesGateway: kubernetesGatewayProvider,
  knative: knativeProvider,
  rest: restProvider,
  consulCatalog: consulCatalogProvider,
  nomad: nomadProvider,
  ecs: ecsProvider,
  consul: consulProvider,
  etcd: etcdProvider,
  zooKeeper: zooKeeperProvider,
  redis: redisProvider,
  http: httpProvider,
  plugin: pluginProvider,
} as const

type Definitions = typeof providerDefinitions

/** A name under `providers`. */
export type ProviderName = keyof Definitions

/** The option blocks by their name under `providers`. */
export const providerSchemas = Object.fromEntries(
  Object.entries(providerDefinitions).map(([name, { schema }]) => [name, schema]),
) as { readonly [K in ProviderName]: Definitions[K]['schema'] }
