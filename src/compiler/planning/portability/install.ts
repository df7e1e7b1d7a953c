import type { ConfigProblem } from '../../../plan/problem.ts'
import type { InstallConfig } from '../../install/install.ts'
import { planSchemes } from '../entry-points.ts'

/** What of an install configuration is not on Workers what it is on Node, beside what has no effect at all. */
export function installProblems(install: InstallConfig): readonly ConfigProblem[] {
  const { http, https } = planSchemes(install)
  const served = new Set([http, ...https])
  const found = Object.entries(install.entryPoints ?? {})
    .filter(([name, { http }]) => served.has(name) && http?.sanitizePath === false)
    .map(([name]) =>
      warning(
        ['entryPoints', name, 'http', 'sanitizePath'],
        'dot segments of paths are taken away all the same: `fetch` sends none',
        'take the option away where servers need no double slashes',
      ),
    )
  if (install.hostResolver?.cnameFlattening === true)
    found.push(
      warning(
        ['hostResolver', 'cnameFlattening'],
        'aliases of hosts are not followed: nobody asks name servers there',
        'name the hosts that clients ask for in rules',
      ),
    )
  return found
}

const warning = (path: readonly string[], message: string, hint: string): ConfigProblem => ({
  severity: 'warning',
  message: `edge: ${message}`,
  hint,
  provider: null,
  path,
  position: null,
})
