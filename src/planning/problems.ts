import { nearest } from '../config/decode/nearest.ts'
import type { ConfigProblem, Severity } from '../plan/problem.ts'
import { localName, providerOf } from './names.ts'

/** Collects what `check` and the log show; the elements themselves carry the same reasons for the report. */
export class ProblemList {
  readonly all: ConfigProblem[] = []

  /** @param element qualified name; @param inside keys within it */
  add(
    severity: Severity,
    section: 'routers' | 'services' | 'middlewares' | 'serversTransports',
    element: string,
    inside: readonly (string | number)[],
    message: string,
    hint: string | null = null,
    offset = 0,
  ): void {
    const provider = providerOf(element)
    const path = ['http', section, localName(element), ...inside]
    this.all.push({ severity, message, hint, provider, path, offset, position: null })
  }
}

/** `did you mean "web"?`, or null when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | null {
  const near = nearest(name, [...candidates])
  return near === null ? null : `did you mean "${near}"?`
}
