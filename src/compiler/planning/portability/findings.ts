import type { ConfigProblem, Severity } from '../../../plan/problem.ts'
import { localName, providerOf } from '../../dynamic/names.ts'
import type { capabilities } from '../capabilities.ts'

export type CapabilityName = keyof typeof capabilities

/** Something that is not on the edge what it is on Node: where, what happens, and what to do. */
export interface Finding {
  readonly capability: CapabilityName
  /** An error can't be served as written; a warning is served with a difference. */
  readonly severity: Severity
  readonly section: 'http' | 'tcp' | 'udp' | 'tls'
  /** Keys below the section; the second one is a qualified name where the section holds named elements. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly remedy: string
}

/** How the rules of one element say what they find; `inside` are keys within it. */
export type Note = (
  capability: CapabilityName,
  severity: Severity,
  inside: readonly (string | number)[],
  message: string,
  remedy: string,
) => void

/** Findings as problems, with the keys that stand in the source. */
export function toProblem({ severity, section, path, message, remedy }: Finding): ConfigProblem {
  const [kind, name, ...inside] = path
  const isNamed = typeof name === 'string' && name.includes('@')
  const keys = [section, kind, isNamed ? localName(name) : name, ...inside].filter((key) => key !== undefined)
  return {
    severity,
    message: `edge: ${message}`,
    hint: remedy,
    provider: isNamed ? providerOf(name) : null,
    path: keys,
    position: null,
  }
}
