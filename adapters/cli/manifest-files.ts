import { nearest } from '../../src/compiler/decode/nearest.ts'
import type { Derived } from '../../src/compiler/discovery/derived.ts'
import { CrdDerivation } from '../../src/compiler/discovery/kubernetes/crd/derive.ts'
import { crdKinds } from '../../src/compiler/discovery/kubernetes/crd/object-parts.ts'
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

/** What manifests of Kubernetes bring, and where in their files things stand. */
export interface ManifestConfig {
  /** By provider: `kubernetescrd`, `kubernetes`, `kubernetesingressnginx`. */
  readonly configurations: ReadonlyMap<string, DynamicConfig>
  readonly problems: readonly ConfigProblem[]
  /** A problem that planning found, with its place in a file; null: it has been told already. */
  readonly place: (problem: ConfigProblem) => ConfigProblem | null
}

const CRD = 'kubernetescrd'
const INGRESS = 'kubernetes'
const NGINX = 'kubernetesingressnginx'

/** What a provider makes of objects, and of which each element is made. */
interface Derivation {
  derive(world: World): Derived
  originOf(section: string, kind: string, name: string): Origin | null
}

/**
 * Reads manifests as the providers of custom resources and of Ingresses will see what they make; without an install
 * configuration annotations of ingress-nginx tell which one is meant. The cluster may hold
 * more than they say: what is missing is a warning, unless a similar name is there; endpoints are never among them.
 */
export function readManifestFiles(files: readonly string[], install: InstallConfig | null): ManifestConfig {
  const read = files.map((file) => readManifests(readTextFile(file), file))
  const manifests = read.flatMap(({ manifests }) => manifests)
  const problems = read.flatMap(({ problems }) => problems)
  const world = new ObjectWorld()
  for (const manifest of manifests) {
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
  return {
    configurations,
    problems,
    place(problem) {
      const derivation = derivations.get(problem.provider ?? '')
      if (derivation === undefined) return problem
      if (problem.provider === CRD && DANGLING.test(problem.message)) return null
      const [section, kind, name, ...inside] = problem.path.map(String)
      const origin = derivation.originOf(section ?? '', kind ?? '', name ?? '')
      if (origin === null) return problem
      const field = [origin.field, ...inside.map((step) => FIELDS[step] ?? step)].join('.')
      return { ...problem, origin: { ...origin, field }, position: positionAt({ ...origin, field }, problem.offset) }
    },
  }
}

/** The providers that have something to read. */
function derivationsFor(world: ObjectWorld, install: InstallConfig | null): ReadonlyMap<string, Derivation> {
  const { kubernetesCRD, kubernetesIngress, kubernetesIngressNGINX: own } = install?.providers ?? {}
  const derivations = new Map<string, Derivation>()
  const hasCustom = Object.keys(crdKinds).some((kind) => world.list(kind).length > 0)
  const hasIngress = world.list('Ingress').length > 0
  if (hasCustom || !hasIngress) {
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
  return derivations
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

const GROUP = 'traefik.io'
const VERSION = `${GROUP}/v1alpha1`

/** Null: the API server would know the kind. */
function versionFault(manifest: Manifest): ConfigProblem | null {
  const { apiVersion, kind } = manifest.object
  const [group] = apiVersion.split('/')
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
