import { nearest } from '../../src/compiler/decode/nearest.ts'
import type { Derived } from '../../src/compiler/discovery/derived.ts'
import { CrdDerivation } from '../../src/compiler/discovery/kubernetes/crd/derive.ts'
import { crdKinds } from '../../src/compiler/discovery/kubernetes/crd/object-parts.ts'
import { GatewayDerivation } from '../../src/compiler/discovery/kubernetes/gateway/derive.ts'
import { type GatewayOptions, gatewayOptionsOf } from '../../src/compiler/discovery/kubernetes/gateway/options.ts'
import { GROUP as GATEWAY_GROUP } from '../../src/compiler/discovery/kubernetes/gateway/specs.ts'
import { IngressDerivation } from '../../src/compiler/discovery/kubernetes/ingress/derive.ts'
import { NginxDerivation } from '../../src/compiler/discovery/kubernetes/ingress-nginx/derive.ts'
import { plainEntryPointsOf } from '../../src/compiler/discovery/kubernetes/ingress-nginx/options.ts'
import { byTitle, type Manifest, positionIn, readManifests } from '../../src/compiler/discovery/kubernetes/manifests.ts'
import type { KubernetesObject } from '../../src/compiler/discovery/kubernetes/objects.ts'
import { ObjectWorld, type World } from '../../src/compiler/discovery/kubernetes/world.ts'
import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import type { InstallConfig } from '../../src/compiler/install/install.ts'
import { kubernetesIngressNGINXProvider } from '../../src/compiler/install/providers/kubernetes.ts'
import type { ConfigProblem, Origin } from '../../src/plan/problem.ts'
import { readTextFile } from '../node/providers/file/source.ts'
import { keyPairFault } from '../node/providers/kubernetes/key-pair.ts'

/** What manifests of Kubernetes bring, and where in their files things stand. */
export interface ManifestConfig {
  /** By provider: `kubernetescrd`, `kubernetes`, `kubernetesgateway`, `kubernetesingressnginx`. */
  readonly configurations: ReadonlyMap<string, DynamicConfig>
  readonly problems: readonly ConfigProblem[]
  /** A problem that planning found, with its place in a file; null: it has been told already. */
  readonly place: (problem: ConfigProblem) => ConfigProblem | null
}

const CRD = 'kubernetescrd'
const INGRESS = 'kubernetes'
const GATEWAY = 'kubernetesgateway'
const NGINX = 'kubernetesingressnginx'

/** What a provider makes of objects, and of which each element is made. */
/** Knative makes its Ingresses itself; another kind has the same name. */
const OF_KNATIVE = 'networking.internal.knative.dev/'

interface Derivation {
  derive(world: World): Derived
  originOf(section: string, kind: string, name: string): Origin | null
}

/**
 * Reads manifests as the providers of custom resources, of Ingresses and of the Gateway API will see what they make;
 * without an install configuration annotations of ingress-nginx tell which provider of Ingresses is meant. The cluster
 * may hold more than they say: what is missing is a warning, unless a similar name is there; endpoints are never among
 * them.
 */
export function readManifestFiles(files: readonly string[], install: InstallConfig | null): ManifestConfig {
  const read = files.map((file) => readManifests(readTextFile(file), file))
  const manifests = read.flatMap(({ manifests }) => manifests)
  const problems = read.flatMap(({ problems }) => problems)
  const world = new ObjectWorld()
  for (const manifest of manifests) {
    if (manifest.object.apiVersion.startsWith(OF_KNATIVE)) continue
    const fault = versionFault(manifest)
    if (fault === null) world.set(manifest.object)
    else problems.push(fault)
  }
  const titles = byTitle(manifests)
  const positionAt = ({ item, field = '' }: Origin, offset: number | null = null) => {
    const manifest = titles.get(item)
    return manifest === undefined ? null : positionIn(manifest, field, offset)
  }
  const derivations = derivationsFor(world, install)
  const configurations = new Map<string, DynamicConfig>()
  for (const [provider, derivation] of derivations) {
    const derived = derivation.derive(world)
    configurations.set(provider, derived.config)
    for (const problem of derived.problems) {
      const position = problem.origin === undefined ? null : positionAt(problem.origin)
      problems.push({ ...problem, provider, position })
    }
  }
  const placed = (problem: ConfigProblem, derivation: Derivation): ConfigProblem => {
    const [section, kind, name, ...inside] = problem.path.map(String)
    const origin = derivation.originOf(section ?? '', kind ?? '', name ?? '')
    if (origin === null) return problem
    const fields = problem.provider === GATEWAY ? GATEWAY_FIELDS : FIELDS
    const field = [origin.field, ...inside.map((step) => fields[step] ?? step)].join('.')
    return { ...problem, origin: { ...origin, field }, position: positionAt({ ...origin, field }, problem.offset) }
  }
  return {
    configurations,
    problems,
    place(problem) {
      const derivation = derivations.get(problem.provider ?? '')
      if (derivation === undefined) return problem
      if (DANGLING.test(problem.message)) {
        // Nobody has said it of a middleware that a route of the Gateway API names.
        if (problem.provider === CRD) return null
        if (problem.provider === GATEWAY) return placed({ ...problem, severity: 'warning' }, derivation)
      }
      return placed(problem, derivation)
    },
  }
}

/** The providers that have something to read. */
function derivationsFor(world: ObjectWorld, install: InstallConfig | null): ReadonlyMap<string, Derivation> {
  const { kubernetesCRD, kubernetesIngress, kubernetesIngressNGINX: own } = install?.providers ?? {}
  const derivations = new Map<string, Derivation>()
  const has = (kinds: readonly string[]): boolean => kinds.some((kind) => world.list(kind).length > 0)
  const hasIngress = has(['Ingress'])
  const hasGateway = has(GATEWAY_KINDS)
  if (has(Object.keys(crdKinds)) || !(hasIngress || hasGateway)) {
    derivations.set(CRD, new CrdDerivation({ ...kubernetesCRD, allowEmptyServices: true }, false))
  }
  const nginx = own ?? (install === null && isForNginx(world) ? NGINX_DEFAULTS : undefined)
  if (hasIngress && nginx !== undefined) {
    // Classes belong to who installed the controller, and are seldom among manifests.
    const { ingressClass, controllerClass } = nginx
    const isThere = world.list('IngressClass').some(({ spec }) => spec?.controller === controllerClass)
    if (!isThere) world.set(classOf(ingressClass, controllerClass))
    const plainEntryPoints = plainEntryPointsOf(install?.entryPoints)
    derivations.set(NGINX, new NginxDerivation({ ...nginx, plainEntryPoints }, false))
  }
  if (hasIngress && (nginx === undefined || kubernetesIngress !== undefined)) {
    derivations.set(INGRESS, new IngressDerivation({ ...kubernetesIngress, allowEmptyServices: true }, false))
  }
  if (hasGateway) derivations.set(GATEWAY, new GatewayDerivation(gatewayOptions(world, install)))
  return derivations
}

/** Without an install configuration every port that a listener names is that of an entry point. */
function gatewayOptions(world: World, install: InstallConfig | null): GatewayOptions {
  const given = install?.providers.kubernetesGateway ?? { qps: 0, burst: 0, experimentalChannel: true }
  const options = { ...gatewayOptionsOf(given, install, keyPairFault), isPartial: true } as const
  if (install !== null) return options
  const ports = world.list('Gateway').flatMap(({ spec }) => {
    const { listeners } = (spec ?? {}) as { readonly listeners?: unknown }
    return Array.isArray(listeners) ? listeners.flatMap((listener) => listener?.port ?? []) : []
  })
  const entryPoints = ports.map((port) => [`port-${port}`, { address: `:${port}`, hasHttpTls: false }] as const)
  return { ...options, crd: {}, entryPoints: new Map(entryPoints) }
}

const NGINX_DEFAULTS = kubernetesIngressNGINXProvider.schema.parse({})!

/** Whether somebody has written an annotation of ingress-nginx. */
const isForNginx = (world: World): boolean =>
  world
    .list('Ingress')
    .some(({ metadata: { annotations = {} } }) =>
      Object.keys(annotations).some((name) => name.startsWith('nginx.ingress.kubernetes.io/')),
    )

const classOf = (name: string, controller: string): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name },
  spec: { controller },
})

/** What is referred to and not there has been told, with the field that refers. */
const DANGLING = /^(?:middleware|the service) "[^"]*@kubernetescrd" does not exist$/

/** Options of elements that are called otherwise in custom resources. */
const FIELDS: Readonly<Record<string, string>> = { rule: 'match', service: 'services', ruleSyntax: 'syntax' }

/** The same in routes of the Gateway API. */
const GATEWAY_FIELDS: Readonly<Record<string, string>> = {
  rule: 'matches',
  service: 'backendRefs',
  middlewares: 'filters',
}

const GATEWAY_KINDS = [
  ...['GatewayClass', 'Gateway', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'],
  ...['ReferenceGrant', 'BackendTLSPolicy'],
]

/** Kinds of the group that are none of ours. */
const OTHER_GATEWAY_KINDS = ['UDPRoute', 'ListenerSet']

const GROUP = 'traefik.io'
const VERSION = `${GROUP}/v1alpha1`

/** Null: the API server would know the kind. */
function versionFault(manifest: Manifest): ConfigProblem | null {
  const { apiVersion, kind } = manifest.object
  const [group] = apiVersion.split('/')
  if (group === GATEWAY_GROUP) return gatewayKindFault(manifest)
  const isKnown = Object.hasOwn(crdKinds, kind)
  if (apiVersion === VERSION && isKnown) return null
  if (apiVersion !== VERSION && group !== GROUP && group !== 'traefik.containo.us') return null
  const near = nearest(kind, Object.keys(crdKinds))
  const hint = isKnown ? `write apiVersion: ${VERSION}` : near === null ? null : `did you mean "${near}"?`
  return {
    severity: 'error',
    message: `no matches for kind "${kind}" in version "${apiVersion}"`,
    hint,
    provider: CRD,
    path: [],
    position: positionIn(manifest, isKnown ? 'apiVersion' : 'kind'),
  }
}

/** Its kinds are served in several versions. */
function gatewayKindFault(manifest: Manifest): ConfigProblem | null {
  const { apiVersion, kind } = manifest.object
  const common = { provider: GATEWAY, path: [], position: positionIn(manifest, 'kind') }
  if (GATEWAY_KINDS.includes(kind)) return null
  if (OTHER_GATEWAY_KINDS.includes(kind)) {
    return { ...common, severity: 'warning', message: `${kind} is not served`, hint: null }
  }
  const near = nearest(kind, GATEWAY_KINDS)
  const hint = near === null ? null : `did you mean "${near}"?`
  return { ...common, severity: 'error', message: `no matches for kind "${kind}" in version "${apiVersion}"`, hint }
}
