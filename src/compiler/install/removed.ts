import type { ConfigProblem } from '../../plan/problem.ts'

/** Options of version 2: their presence stops the start (Traefik `pkg/cli/deprecation.go`). */
const REMOVED: readonly string[] = [
  'pilot',
  'providers.marathon',
  'providers.rancher',
  'providers.docker.swarmMode',
  ...['docker', 'swarm', 'consul', 'etcd', 'redis', 'http'].map((name) => `providers.${name}.tls.caOptional`),
  ...['consulCatalog', 'nomad'].map((name) => `providers.${name}.endpoint.tls.caOptional`),
  ...['consul', 'consulCatalog', 'nomad'].map((name) => `providers.${name}.namespace`),
  'experimental.http3',
  'tracing.spanNameLimit',
  ...['jaeger', 'zipkin', 'datadog', 'instana', 'haystack', 'elastic'].map((name) => `tracing.${name}`),
]

/** Deprecated ones, with what to do: a warning only. */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['core.defaultRuleSyntax', 'write rules in the v3 syntax'],
  ['experimental.kubernetesGateway', 'it is always permitted'],
  ['experimental.kubernetesIngressNGINX', 'it is always permitted'],
  ['tracing.globalAttributes', 'use "tracing.resourceAttributes"'],
  ['providers.kubernetesIngress.disableIngressClassLookup', 'use "disableClusterScopeResources"'],
])

/** Problems for removed and deprecated options in a tree. */
export const removedOptions = (tree: unknown): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  const report = (severity: 'error' | 'warning', option: string, what: string, hint: string) => {
    const path = find(tree, option.split('.'))
    if (path === null) return
    problems.push({ severity, message: `the option "${option}" ${what}`, hint, provider: null, path, position: null })
  }
  for (const option of REMOVED)
    report('error', option, 'has been removed in Traefik v3', 'remove it for the proxy to start')
  for (const [option, hint] of DEPRECATED) report('warning', option, 'is deprecated', hint)
  return problems
}

/** The path in the spelling of the source, or null. */
const find = (tree: unknown, names: readonly string[]): string[] | null => {
  let node = tree
  const path: string[] = []
  for (const name of names) {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return null
    const key = Object.keys(node).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    if (key === undefined) return null
    path.push(key)
    node = (node as Record<string, unknown>)[key]
  }
  return node === null || node === undefined ? null : path
}
