import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import { elementKinds } from '../../../src/compiler/dynamic/element-kinds.ts'
import { maskSecrets } from '../../../src/http/secrets.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { placeOf } from '../../../src/telemetry/log/problems.ts'
import type { ProviderState } from './supervisor.ts'

/** How a provider stands, and what it said last. */
export interface ProviderReport extends ProviderState {
  /** Null: it has said nothing yet, or what it said waits for the throttle. */
  readonly derived: Derived | null
}

/** A report as people and programs see it: times as ISO 8601, no secrets. */
export interface ProviderView {
  readonly name: string
  readonly status: ProviderState['status']
  readonly since: string
  readonly peer: string | null
  readonly error: string | null
  readonly nextTryAt: string | null
  readonly changedAt: string | null
  /** Elements of its configuration, those that are disabled left out. */
  readonly objects: number
  readonly problems: readonly ProblemView[]
}

export interface ProblemView {
  readonly severity: ConfigProblem['severity']
  /** File with line and column, or container and label; empty: the whole. */
  readonly place: string
  readonly message: string
  readonly hint: string | null
}

export const providerView = ({ derived, ...state }: ProviderReport): ProviderView => ({
  name: state.name,
  status: state.status,
  since: state.since.toISOString(),
  peer: state.peer,
  error: state.error === null ? null : maskSecrets(state.error),
  nextTryAt: state.nextTryAt?.toISOString() ?? null,
  changedAt: state.changedAt?.toISOString() ?? null,
  objects: derived === null ? 0 : countElements(derived),
  problems: (derived?.problems ?? []).map(problemView),
})

const problemView = (problem: ConfigProblem): ProblemView => ({
  severity: problem.severity,
  place: placeOf(problem),
  message: maskSecrets(problem.message),
  hint: problem.hint === null ? null : maskSecrets(problem.hint),
})

const countElements = ({ config }: Derived): number => {
  let count = config.tls?.certificates?.length ?? 0
  for (const [section, kinds] of Object.entries(elementKinds)) {
    const maps = config[section as keyof typeof elementKinds] as Readonly<Record<string, object>> | undefined
    for (const kind of Object.keys(kinds)) count += Object.keys(maps?.[kind] ?? {}).length
  }
  return count
}
