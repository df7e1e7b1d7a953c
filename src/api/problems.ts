import { maskSecrets } from '../http/secrets.ts'
import type { SourcePosition } from '../plan/problem.ts'
import type { ProblemInForce } from '../runtime/problems-in-force.ts'
import { originText } from '../telemetry/log/problems.ts'
import type { View } from './views.ts'

/** A problem with where it stands. */
export interface PlacedProblem extends ProblemInForce {
  /** Null: it stands in no file, or nobody found it. */
  readonly position: SourcePosition | null
  /** The lines around it, secrets masked; null: they can't be had. */
  readonly frame: string | null
}

/** As in `/api/problems` (ours). */
export function problemView({ problem, since, position, frame }: PlacedProblem): View {
  const { severity, message, hint, provider, path, origin, source } = problem
  return {
    severity,
    message: maskSecrets(message),
    hint: hint === null ? null : maskSecrets(hint),
    provider,
    element: path.length < 3 ? null : path.slice(0, 3).join('.'),
    path,
    origin: origin === undefined ? (source ?? null) : originText(origin),
    file: position?.file ?? null,
    line: position?.line ?? null,
    column: position?.column ?? null,
    frame,
    since: since.toISOString(),
  }
}
