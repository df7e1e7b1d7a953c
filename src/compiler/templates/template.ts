import { nearest } from '../decode/nearest.ts'
import { evaluate, type Failure, type Piece } from './evaluation.ts'
import { BUILTINS, goSplit } from './functions/builtins.ts'
import type { FunctionGroup } from './functions/function.ts'
import { SPRIG } from './functions/sprig.ts'
import { octetLength } from './go-text.ts'
import { Budget, MAX_STEPS } from './limits.ts'
import { sourceOf } from './nodes.ts'
import { type ParsedTemplate, parseTemplate, TemplateSyntaxError } from './parser.ts'
import type { TemplatePorts } from './ports.ts'
import { quote } from './quote.ts'
import type { Value } from './values.ts'

/** Why a template gives no text. */
export interface TemplateFailure {
  /** Go's (`template: NAME:LINE:COLUMN: executing …`). */
  readonly message: string
  readonly hint: string | null
  /** Offset into the template, in characters. */
  readonly at: number
}

export interface Rendered {
  readonly text: string
  /** What of the text comes from where, in the order of the text. */
  readonly pieces: readonly Piece[]
}

/** A template that is ready to be carried out any number of times. */
export interface Template {
  readonly render: (data: Value, ports: TemplatePorts) => Rendered | TemplateFailure
}

/** Those of the file provider, where `split` is Go's. */
export const FILE_FUNCTIONS: FunctionGroup = { ...SPRIG, split: goSplit }
/** Those of default rules. */
export const RULE_FUNCTIONS: FunctionGroup = SPRIG

/**
 * A template of Go's `text/template`.
 * @param name for messages
 * @param steps of each rendering, at most
 */
export function compileTemplate(
  name: string,
  text: string,
  functions: FunctionGroup,
  steps = MAX_STEPS,
): Template | TemplateFailure {
  let parsed: ParsedTemplate
  try {
    parsed = parseTemplate(name, text, (word) => Object.hasOwn(functions, word) || Object.hasOwn(BUILTINS, word))
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error
    const hint = error.unknown === null ? null : functionHint(error.unknown, functions)
    return { message: `template: ${name}:${error.line}: ${error.message}`, hint, at: error.at }
  }
  return {
    render: (data, ports) => {
      const context = { ports, budget: new Budget(steps) }
      const { text: rendered, pieces, failure } = evaluate(name, parsed, data, functions, context)
      return failure === null ? { text: rendered, pieces } : failureOf(name, text, failure)
    },
  }
}

export const isFailure = (result: object): result is TemplateFailure => 'message' in result

/** What somebody writes who knows other templates. */
function functionHint(name: string, functions: FunctionGroup): string | null {
  if (FOREIGN.has(name)) return `"${name}" is known to other engines of templates only`
  const meant = nearest(name, [...Object.keys(functions), ...Object.keys(BUILTINS)])
  return meant === null ? 'a literal "{{" is written {{ "{{" }}' : `did you mean "${meant}"?`
}

/** Of Helm and Consul Template. */
const FOREIGN: ReadonlySet<string> = new Set([
  'include',
  'tpl',
  'required',
  'lookup',
  'toYaml',
  'fromYaml',
  'toToml',
  'key',
  'service',
  'file',
])

/** More of an expression is not shown. */
const MAX_SHOWN = 1_000

function failureOf(name: string, text: string, { message, hint, node, template }: Failure): TemplateFailure {
  const before = text.slice(0, node.at)
  const line = before.split('\n').length
  const column = octetLength(before.slice(before.lastIndexOf('\n') + 1))
  const source = sourceOf(node)
  const shown = source.length > MAX_SHOWN ? `${source.slice(0, MAX_SHOWN)}...` : source
  const place = `${name}:${line}:${column}: executing ${quote(template)} at <${shown}>`
  return { message: `template: ${place}: ${message}`, hint, at: node.at }
}
