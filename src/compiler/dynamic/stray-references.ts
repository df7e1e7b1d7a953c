import type { ConfigProblem } from '../../plan/problem.ts'
import { hasReference } from '../secret-references.ts'
import type { DynamicConfig } from './dynamic.ts'

/** Where references to secrets are read. */
const READ: ReadonlySet<string> = new Set(['http middlewares', 'http services'])

/** Warnings of references to secrets (`${secret:NAME}`) where they are texts like others. */
export function strayReferences(config: DynamicConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const look = (value: unknown, path: ConfigProblem['path']): void => {
    if (path.length === 2 && READ.has(path.join(' '))) return
    if (typeof value === 'string') {
      if (hasReference(value)) problems.push(stray(path))
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) look(inner, [...path, Array.isArray(value) ? Number(key) : key])
    }
  }
  look(config, [])
  return problems
}

const stray = (path: ConfigProblem['path']): ConfigProblem => ({
  severity: 'warning',
  message: 'the text stays as it is written: secrets are put into middlewares and services only',
  hint: 'in a file a template can do it: {{ env "NAME" }}',
  provider: null,
  path,
  position: null,
})
