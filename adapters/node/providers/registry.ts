import type { Decoded } from '../../../src/compiler/decode/decode.ts'
import type { TreeFormat } from '../../../src/compiler/decode/tree.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { ProviderName } from '../../../src/compiler/install/providers/providers.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { Handler } from '../../../src/http/handler.ts'
import type { KeptMemory } from '../../../src/http/kept.ts'
import type { RestRead } from '../reading/rest-read.ts'
import type { FileReading, TemplateUse } from './file/read.ts'
import type { Provider } from './provider.ts'

/** What providers may use of the process that they run in. */
export interface ProviderContext {
  /** Reads text beside the thread that serves: long files take their time. Null: nobody is served here. */
  readonly readElsewhere:
    | ((text: string, format: TreeFormat, file: string, templates: TemplateUse) => Promise<FileReading>)
    | null
  readonly log: Logger
  /** The same for `readPairs`. @param pairs as JSON: one text is handed over faster than many */
  readonly readPairsElsewhere: ((pairs: string, rootKey: string) => Promise<Decoded<DynamicConfig>>) | null
  /** For the REST provider. Null: nobody is served here. */
  readonly rest: RestPorts | null
  /** What the process is configured to; absent: nothing. */
  readonly install?: Pick<InstallConfig, 'core' | 'entryPoints' | 'providers'>
}

/** What the REST provider needs of a process that serves. */
export interface RestPorts {
  /** Reads what was put beside the thread that serves. */
  readonly readElsewhere: (text: string) => Promise<RestRead>
  /** Has requests that are routed to `rest@internal` answered. */
  readonly serve: (handler: Handler) => void
  /** Memory for content that is kept whole. */
  readonly kept: KeptMemory
}

export type ProviderOptions<K extends ProviderName> = NonNullable<InstallConfig['providers'][K]>

export type CreateProvider<O> = (name: string, options: O, context: ProviderContext) => Provider

interface ProviderKind<O> {
  /** The instances that options ask for: the parts of qualified names after `@`. */
  readonly names: (options: O) => readonly string[]
  /** What is not configured is never loaded. */
  readonly load: () => Promise<CreateProvider<O>>
}

/** One instance for each namespace; one for all where none is named. */
const perNamespace =
  (name: string) =>
  ({ namespaces = [] }: { readonly namespaces?: readonly string[] | undefined }): readonly string[] =>
    namespaces.length === 0 ? [name] : namespaces.map((namespace) => `${name}-${namespace}`)

/** The providers that are built, by their name in the install configuration. */
export const providerKinds = {
  docker: {
    names: ({ hosts = {} }) => ['docker', ...Object.keys(hosts).map((name) => `docker-${name}`)],
    load: async () => (await import('./docker/provider.ts')).createDockerProvider,
  },
  swarm: { names: () => ['swarm'], load: async () => (await import('./docker/provider.ts')).createSwarmProvider },
  file: { names: () => ['file'], load: async () => (await import('./file/provider.ts')).createFileProvider },
  consul: {
    names: ({ namespaces = [] }) => (namespaces.length === 0 ? ['consul'] : namespaces.map((name) => `consul-${name}`)),
    load: async () => (await import('./kv/consul/provider.ts')).createConsulProvider,
  },
  etcd: { names: () => ['etcd'], load: async () => (await import('./kv/etcd/provider.ts')).createEtcdProvider },
  zooKeeper: {
    names: () => ['zookeeper'],
    load: async () => (await import('./kv/zookeeper/provider.ts')).createZooKeeperProvider,
  },
  redis: { names: () => ['redis'], load: async () => (await import('./kv/redis/provider.ts')).createRedisProvider },
  rest: { names: () => ['rest'], load: async () => (await import('./rest/provider.ts')).createRestProvider },
  consulCatalog: {
    names: perNamespace('consulcatalog'),
    load: async () => (await import('./catalog/consul.ts')).createConsulCatalogProvider,
  },
  nomad: { names: perNamespace('nomad'), load: async () => (await import('./catalog/nomad.ts')).createNomadProvider },
  ecs: { names: () => ['ecs'], load: async () => (await import('./ecs/provider.ts')).createEcsProvider },
  kubernetesCRD: {
    names: () => ['kubernetescrd'],
    load: async () => (await import('./kubernetes/crd.ts')).createKubernetesCrdProvider,
  },
  kubernetesIngress: {
    names: () => ['kubernetes'],
    load: async () => (await import('./kubernetes/ingress.ts')).createKubernetesIngressProvider,
  },
  kubernetesGateway: {
    names: () => ['kubernetesgateway'],
    load: async () => (await import('./kubernetes/gateway.ts')).createKubernetesGatewayProvider,
  },
  kubernetesIngressNGINX: {
    names: () => ['kubernetesingressnginx'],
    load: async () => (await import('./kubernetes/ingress-nginx.ts')).createKubernetesIngressNginxProvider,
  },
  knative: {
    names: () => ['knative'],
    load: async () => (await import('./kubernetes/knative.ts')).createKnativeProvider,
  },
  http: { names: () => ['http'], load: async () => (await import('./http/provider.ts')).createHttpProvider },
} as const satisfies { readonly [K in ProviderName]?: ProviderKind<ProviderOptions<K>> }

/** Names under `providers` of what is built; those of plugins come with the plugins. */
export const builtProviders: readonly string[] = [...Object.keys(providerKinds), 'plugin']

/** Those of an install configuration that are built, in the order of the list. */
export const kindsIn = (providers: InstallConfig['providers']): readonly [ProviderKind<never>, never][] =>
  Object.entries(providerKinds).flatMap(([name, kind]) => {
    const options = providers[name as keyof typeof providerKinds]
    return options === undefined
      ? []
      : [[kind as ProviderKind<never>, options as never] as [ProviderKind<never>, never]]
  })
