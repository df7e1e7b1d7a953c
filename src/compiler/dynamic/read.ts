import type { ConfigProblem } from '../../plan/problem.ts'
import { type Decoded, decode } from '../decode/decode.ts'
import { withPositions } from '../decode/position.ts'
import { readTree } from '../decode/read.ts'
import type { ConfigTree, TreeFormat } from '../decode/tree.ts'
import { type DynamicConfig, dynamicSchema } from './dynamic.ts'
import { lineAndColumn, withoutTemplates } from './template.ts'

/**
 * Reads a file of dynamic configuration. Problems carry positions. An empty file gives a configuration without
 * sections, which counts as empty.
 */
export const readDynamicFile = (text: string, format: TreeFormat, file: string | null): Decoded<DynamicConfig> => {
  return decodeTree(readDynamicTree(text, format, file))
}

/** As `readDynamicFile`, of a text that holds no templates: `{{` is nothing special in it. */
export const readDynamicText = (text: string, format: TreeFormat, file: string | null): Decoded<DynamicConfig> =>
  decodeTree(readTree(text, format, file))

const decodeTree = (tree: ConfigTree): Decoded<DynamicConfig> => {
  if (tree.problems.some((problem) => problem.severity === 'error')) return { value: null, problems: tree.problems }
  const { value, problems } = decode(dynamicSchema, tree.value, 'file')
  return { value, problems: [...tree.problems, ...withPositions(tree, problems)] }
}

/**
 * Parses a file of dynamic configuration as `readTree` does any; its positions are those before templates were read.
 */
export const readDynamicTree = (source: string, format: TreeFormat, file: string | null): ConfigTree => {
  const { text, action, place } = withoutTemplates(source, (variant) => meaningOf(readTree(variant, format, null)))
  if (action !== null) {
    const problem = templateProblem({ file, ...lineAndColumn(source, action) })
    return { value: null, source: { format, text: source, file }, problems: [problem] }
  }
  const tree = readTree(text, format, file)
  if (text === source) return tree
  const problems = tree.problems.map((problem) =>
    problem.position === null ? problem : { ...problem, position: { file, ...place(problem.position) } },
  )
  return { value: tree.value, source: { ...tree.source, place }, problems }
}

const meaningOf = ({ value, problems }: ConfigTree): string =>
  JSON.stringify([value, problems], (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner))

/** Traefik runs dynamic files through Go's template engine; reading one without that would misread it. */
const templateProblem = (position: NonNullable<ConfigProblem['position']>): ConfigProblem => ({
  severity: 'error',
  message: 'Go templates are not available yet',
  hint: 'write out what "{{ … }}" stands for',
  provider: null,
  path: [],
  position,
})
