import type { ConfigProblem } from '../../plan/problem.ts'
import { eachText } from '../../plan/texts.ts'
import { hasReference } from '../secret-references.ts'
import type { DynamicConfig } from './dynamic.ts'

/** Where references to secrets are read. */
const READ: ReadonlySet<string> = new Set(['http middlewares', 'http services'])

/** Warnings of references to secrets (`${secret:NAME}`) where they are texts like others. */
export function strayReferences(config: DynamicConfig): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  eachText(config, (text, path) => {
    if (hasReference(text) && !READ.has(path.slice(0, 2).join(' '))) problems.push(stray(path))
  })
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
