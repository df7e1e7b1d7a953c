import type { ConfigProblem } from '../../plan/problem.ts'
import { type Decoded, decode } from '../decode/decode.ts'
import { withPositions } from '../decode/position.ts'
import { readTree } from '../decode/read.ts'
import type { TreeFormat } from '../decode/tree.ts'
import { type DynamicConfig, dynamicSchema } from './dynamic.ts'

/**
 * Reads a file of dynamic configuration. Problems carry positions. An empty file gives a configuration without
 * sections, which counts as empty.
 */
export const readDynamicFile = (text: string, format: TreeFormat, file: string | null): Decoded<DynamicConfig> => {
  const template = templateProblem(text, file)
  if (template !== null) return { value: null, problems: [template] }
  const tree = readTree(text, format, file)
  if (tree.problems.some((problem) => problem.severity === 'error')) return { value: null, problems: tree.problems }
  const { value, problems } = decode(dynamicSchema, tree.value, 'file')
  return { value, problems: [...tree.problems, ...withPositions(tree, problems)] }
}

/** Traefik runs dynamic files through Go's template engine; reading one without that would misread it. */
const templateProblem = (text: string, file: string | null): ConfigProblem | null => {
  const offset = text.indexOf('{{')
  if (offset === -1) return null
  const before = text.slice(0, offset).split('\n')
  return {
    severity: 'error',
    message: 'Go templates are not available yet',
    hint: 'write out what "{{ … }}" stands for',
    provider: null,
    path: [],
    position: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
  }
}
