import type { ConfigProblem } from '../../plan/problem.ts'
import type { InstallConfig } from './install.ts'
import { providerDefinitions } from './providers/providers.ts'

/**
 * What exists in Traefik's install configuration and is not built here yet. Features move out of this table as they
 * are built.
 * - `error`: to ignore it would expose or break traffic, so the proxy does not start.
 * - `warning`: traffic is served as it should be, something beside it is missing.
 */
interface Pending {
  /** `*` stands for every name of a map. */
  readonly path: readonly string[]
  readonly severity: 'error' | 'warning'
  readonly what: string
}

const PENDING: readonly Pending[] = [{ path: ['entryPoints', '*', 'http3'], severity: 'warning', what: 'HTTP/3' }]

/**
 * Problems for what an effective install configuration asks for and is not there yet; an error stops the start.
 * @param built names of the providers that can be run
 */
export const checkInstallAvailability = (install: InstallConfig, built: readonly string[]): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  const seen = new Set<string>()
  for (const { path, severity, what } of [...pendingProviders(built), ...PENDING]) {
    for (const found of findAll(install, path)) {
      const message = `${what} is not available yet`
      if (severity === 'warning' && seen.has(message)) continue
      seen.add(message)
      const hint = severity === 'error' ? 'take the option away for the proxy to start' : 'the option has no effect'
      problems.push({ severity, message, hint, provider: null, path: found.path, position: null })
    }
  }
  return problems
}

const pendingProviders = (built: readonly string[]): readonly Pending[] =>
  Object.keys(providerDefinitions)
    .filter((name) => !built.includes(name))
    .map((name) => ({ path: ['providers', name], severity: 'error', what: `the provider "${name}"` }))

interface Found {
  readonly path: readonly string[]
  readonly value: unknown
}

const findAll = (root: unknown, pattern: readonly string[]): Found[] => {
  let found: Found[] = [{ path: [], value: root }]
  for (const step of pattern) {
    found = found.flatMap(({ path, value }) => {
      if (typeof value !== 'object' || value === null) return []
      const names = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : []
      return names.map((name) => ({ path: [...path, name], value: (value as Record<string, unknown>)[name] }))
    })
  }
  return found.filter(({ value }) => value !== undefined)
}
