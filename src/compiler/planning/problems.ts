import type { ConfigProblem, Severity } from '../../plan/problem.ts'
import { nearest } from '../decode/nearest.ts'
import { localName, providerOf } from '../dynamic/names.ts'

/** Collects what `check` and the log show; the elements themselves carry the same reasons for the report. */
export class ProblemList {
  readonly all: ConfigProblem[] = []

  /** Those that were added since there were so many. */
  since(count: number): readonly ConfigProblem[] {
    return this.all.slice(count)
  }

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

  /** The same for the sections `tcp` and `udp`. */
  addStream(
    severity: Severity,
    place: readonly [section: 'tcp' | 'udp', kind: string, element: string, ...inside: (string | number)[]],
    message: string,
    hint: string | null = null,
    offset = 0,
  ): void {
    const [section, kind, element, ...inside] = place
    const path = [section, kind, localName(element), ...inside]
    this.all.push({ severity, message, hint, provider: providerOf(element), path, offset, position: null })
  }

  /** @param path keys within the section `tls`; the second one may be a qualified name */
  addTls(severity: Severity, path: readonly string[], message: string): void {
    const [kind, name, ...inside] = path
    const provider = name === undefined || !name.includes('@') ? null : providerOf(name)
    const keys = [
      'tls',
      ...[kind, name === undefined ? undefined : localName(name)].filter((key) => key !== undefined),
      ...inside,
    ]
    this.all.push({ severity, message, hint: null, provider, path: keys, position: null })
  }
}

/** `did you mean "web"?`, or null when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | null {
  const near = nearest(name, [...candidates])
  return near === null ? null : `did you mean "${near}"?`
}
