import type { ConfigProblem } from '../../plan/problem.ts'
import { type Decoded, decode } from '../decode/decode.ts'
import { withPositions } from '../decode/position.ts'
import { readTree } from '../decode/read.ts'
import type { ConfigTree, TreeFormat } from '../decode/tree.ts'
import { isWellFormed } from '../templates/go-text.ts'
import { type LineAndColumn, lineAndColumn, placesOf } from '../templates/places.ts'
import type { TemplatePorts } from '../templates/ports.ts'
import { compileTemplate, FILE_FUNCTIONS, isFailure } from '../templates/template.ts'
import { type DynamicConfig, dynamicSchema } from './dynamic.ts'
import { strayReferences } from './stray-references.ts'

/** What a file says, and the tree that it was decoded from. */
export interface DynamicReading extends Decoded<DynamicConfig> {
  readonly tree: ConfigTree
}

/**
 * Reads a file of dynamic configuration, which is a Go template first. Problems carry positions. An empty file gives a
 * configuration without sections, which counts as empty.
 */
export const readDynamicFile = (
  text: string,
  format: TreeFormat,
  file: string | null,
  ports: TemplatePorts,
): DynamicReading => {
  const { value, problems, tree } = decodeTree(renderedTree(text, format, file, ports))
  const stray = value === null || !tree.source.text.includes('${') ? [] : strayReferences(value)
  return { value, problems: [...problems, ...withPositions(tree, stray)], tree }
}

/** As `readDynamicFile`, of a text that holds no templates: `{{` is nothing special in it. */
export const readDynamicText = (text: string, format: TreeFormat, file: string | null): Decoded<DynamicConfig> => {
  const { value, problems } = decodeTree(readTree(text, format, file))
  return { value, problems }
}

const decodeTree = (tree: ConfigTree): DynamicReading => {
  if (tree.problems.some(({ severity }) => severity === 'error')) return { value: null, problems: tree.problems, tree }
  const { value, problems } = decode(dynamicSchema, tree.value, 'file')
  return { value, problems: [...tree.problems, ...withPositions(tree, problems)], tree }
}

/** Renders a template, whose data is `false` as in Traefik, and parses what it gives; positions are the template's. */
function renderedTree(written: string, format: TreeFormat, file: string | null, ports: TemplatePorts): ConfigTree {
  const source = written.charCodeAt(0) === 0xfeff ? written.slice(1) : written
  if (!source.includes('{{')) return readTree(source, format, file)
  const refused = (message: string, hint: string | null, at: LineAndColumn): ConfigTree => ({
    value: null,
    source: { format, text: source, file },
    problems: [problemAt(message, hint, { file, ...at })],
  })
  const template = compileTemplate(file ?? '', source, FILE_FUNCTIONS)
  const rendered = isFailure(template) ? template : template.render(false, ports)
  if (isFailure(rendered)) return refused(rendered.message, rendered.hint, lineAndColumn(source, rendered.at))
  const { text } = rendered
  const place = placesOf(source, rendered)
  if (!isWellFormed(text)) {
    const at = place(lineAndColumn(text, text.search(/\p{Cs}/u)))
    return refused('the template gives text that is no valid UTF-8', 'trunc, substr and index count octets', at)
  }
  const tree = readTree(text, format, file)
  const problems = tree.problems.map((problem) =>
    problem.position === null ? problem : { ...problem, position: { file, ...place(problem.position) } },
  )
  const { place: parsed } = tree.source
  const placed = parsed === undefined ? place : (at: LineAndColumn) => place(parsed(at))
  return { value: tree.value, source: { ...tree.source, rendered: text, place: placed }, problems }
}

const problemAt = (
  message: string,
  hint: string | null,
  position: NonNullable<ConfigProblem['position']>,
): ConfigProblem => ({ severity: 'error', message, hint, provider: null, path: [], position })
