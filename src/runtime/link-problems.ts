import type { ElementPlan } from '../plan/plan.ts'
import type { ConfigProblem } from '../plan/problem.ts'
import type { ElementReport, RuntimeReport } from './report.ts'

/** Maps of a report by where their elements are written. */
export const elementsOf = ({
  routers,
  services,
  middlewares,
  tcp,
  udp,
}: RuntimeReport): readonly (readonly [
  section: 'http' | 'tcp' | 'udp',
  kind: 'routers' | 'services' | 'middlewares',
  reports: ReadonlyMap<string, ElementReport<ElementPlan>>,
])[] => [
  ['http', 'routers', routers],
  ['http', 'services', services],
  ['http', 'middlewares', middlewares],
  ['tcp', 'routers', tcp.routers],
  ['tcp', 'services', tcp.services],
  ['tcp', 'middlewares', tcp.middlewares],
  ['udp', 'routers', udp.routers],
  ['udp', 'services', udp.services],
]

/**
 * Why elements of a snapshot are disabled or not as configured, as far as planning has not said it.
 * @param planned what planning has said
 */
export function linkProblems(report: RuntimeReport, planned: readonly ConfigProblem[]): ConfigProblem[] {
  const said = new Set(planned.map(({ provider, path, message }) => keyOf(provider, path, message)))
  const problems: ConfigProblem[] = []
  for (const [section, kind, reports] of elementsOf(report)) {
    for (const { name, plan, status, errors } of reports.values()) {
      if (status === 'enabled') continue
      const { provider } = plan
      const path = [section, kind, name.slice(0, name.lastIndexOf('@'))]
      for (const message of errors) {
        if (said.has(keyOf(provider, path, message))) continue
        const severity = status === 'disabled' ? 'error' : 'warning'
        problems.push({ severity, message, hint: null, provider, path, position: null })
      }
    }
  }
  return problems
}

const keyOf = (provider: string | null, path: readonly (string | number)[], message: string): string =>
  JSON.stringify([provider, path.slice(0, 3), message])
