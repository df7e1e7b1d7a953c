import type { ConfigProblem, Severity } from '../../plan/problem.ts'
import { parseToml } from './toml.ts'
import { type ConfigTree, SyntaxProblem, type TreeFormat } from './tree.ts'
import { parseYaml } from './yaml.ts'

/**
 * Parses a configuration text. Never throws: what is wrong is in `problems`, with its position. JSON is read as YAML,
 * as Traefik does. An empty text gives the value null and no problem.
 */
export const readTree = (text: string, format: TreeFormat, file: string | null): ConfigTree => {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const source = { format, text: plain, file }
  const problem = (severity: Severity, message: string, line: number, column: number): ConfigProblem => ({
    severity,
    message,
    hint: null,
    provider: null,
    path: [],
    position: { file, line, column },
  })
  try {
    if (format === 'toml') return { value: parseToml(plain), source, problems: [] }
    const { value, ignored, placement } = parseYaml(plain)
    const message = `only the first of ${ignored + 1} documents is read`
    const problems = ignored === 0 ? [] : [problem('warning', message, 1, 1)]
    return { value, source: placement === null ? source : { ...source, ...placement }, problems }
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    return { value: null, source, problems: [problem('error', error.message, error.line, error.column)] }
  }
}

/** Tells the format by the extension of a file, or null: Traefik reads no other. */
export const formatOf = (file: string): TreeFormat | null => {
  const extension = /\.([^./\\]*)$/.exec(file)?.[1]?.toLowerCase()
  if (extension === 'toml' || extension === 'json') return extension
  return extension === 'yaml' || extension === 'yml' ? 'yaml' : null
}
