import type { DynamicConfig } from '../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../src/compiler/dynamic/read.ts'
import type { MergedConfig } from '../../src/compiler/merge/merge.ts'
import { plan } from '../../src/compiler/planning/plan.ts'
import type { EntryPointPlan, Plan } from '../../src/plan/plan.ts'
import { DEFAULT_SERVER_TLS } from '../../src/plan/tls.ts'

/** A dynamic configuration as a plan, without a provider: names get `@file`, entry points are plain ones. */
export function planOf(dynamic: unknown, entryPoints: readonly string[] = ['web']): Plan {
  const { value, problems } = readDynamicText(JSON.stringify(dynamic), 'json', null)
  if (value === null) throw new Error(JSON.stringify(problems))
  return plan({
    config: qualified(value),
    entryPoints: Object.fromEntries(entryPoints.map((name) => [name, plainEntryPoint])),
    defaultTransport: {
      error: null,
      dialTimeoutMs: 30_000,
      responseHeaderTimeoutMs: 0,
      idleConnTimeoutMs: 90_000,
      maxIdleConnsPerHost: 200,
      http2: true,
      readIdleTimeoutMs: 0,
      pingTimeoutMs: 15_000,
      tls: DEFAULT_SERVER_TLS,
    },
    precedence: [],
    defaultRuleSyntax: 'v3',
    target: 'node',
    readFile(path) {
      throw new Error(`open ${path}: no such file or directory`)
    },
  })
}

const plainEntryPoint: EntryPointPlan = {
  forwardedHeaders: { insecure: false, trustedIPs: [], connection: [], notAppendXForwardedFor: false },
  maxTargetBytes: 65_536,
  sanitizePath: true,
  encodeQuerySemicolons: false,
  aliasHeaders: { strategy: 'keep', underscoreOnly: false },
}

const observed = { accessLogs: true, metrics: true, tracing: true, traceVerbosity: 'minimal' }

function qualified({ http = {} }: DynamicConfig): MergedConfig {
  const names = <T>(section: Readonly<Record<string, T>> | undefined): Record<string, T> =>
    Object.fromEntries(Object.entries(section ?? {}).map(([name, value]) => [`${name}@file`, value]))
  const routers = Object.entries(names(http.routers)).map(([name, router]) => [
    name,
    (router.parentRefs ?? []).length > 0 ? router : { ...router, observability: observed },
  ])
  return {
    http: {
      routers: Object.fromEntries(routers),
      services: names(http.services),
      middlewares: names(http.middlewares),
      serversTransports: names(http.serversTransports),
    },
    tlsConflicts: new Map(),
    disabledElements: [],
    problems: [],
  } as MergedConfig
}
