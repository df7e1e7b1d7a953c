import { type AnyNode, ExpressionError, Expressions } from './expressions.ts'
import { printed } from './format/printf.ts'
import type { CallContext, FunctionGroup } from './functions/function.ts'
import { compareTexts } from './go-text.ts'
import { CallError } from './limits.ts'
import type { BranchNode, CallNode, Node } from './nodes.ts'
import { elementOf, type Operand } from './operand.ts'
import type { ParsedTemplate } from './parser.ts'
import { quote } from './quote.ts'
import { int, type Value } from './values.ts'

/** A run of the output, and where it comes from. */
export interface Piece {
  /** Offset into the output. */
  readonly from: number
  /** Offset into the template. */
  readonly at: number
  /** Text that was copied: each of its characters has a place of its own. */
  readonly copied: boolean
}

/** Why a template gives nothing. */
export interface Failure {
  readonly message: string
  readonly hint: string | null
  readonly node: AnyNode
  /** Of the template that was carried out, which may be one of those defined in it. */
  readonly template: string
}

export interface Evaluated {
  readonly text: string
  readonly pieces: readonly Piece[]
  readonly failure: Failure | null
}

/** Leaves the loop around. */
type Leave = 'break' | 'continue' | null

/** Carries a template out; what it gave before it failed is lost, as in Traefik. */
export function evaluate(
  name: string,
  parsed: ParsedTemplate,
  data: Value,
  functions: FunctionGroup,
  context: CallContext,
): Evaluated {
  return new Evaluation(parsed, functions, context).run(name, data)
}

class Evaluation {
  readonly #parsed: ParsedTemplate
  readonly #functions: FunctionGroup
  readonly #context: CallContext
  readonly #pieces: Piece[] = []
  #text = ''
  #template = ''

  constructor(parsed: ParsedTemplate, functions: FunctionGroup, context: CallContext) {
    this.#parsed = parsed
    this.#functions = functions
    this.#context = context
  }

  run(name: string, data: Value): Evaluated {
    const start: AnyNode = { kind: 'dot', at: 0 }
    const expressions = new Expressions(this.#context, this.#functions, data, start, 0)
    this.#template = name
    try {
      this.#walkAll(expressions, data, this.#parsed.root)
      return { text: this.#text, pieces: this.#pieces, failure: null }
    } catch (error) {
      return { text: '', pieces: [], failure: this.#failureOf(error) }
    }
  }

  #failureOf(error: unknown): Failure {
    if (!(error instanceof ExpressionError)) throw error
    const { message, hint, node } = error
    return { message, hint, node, template: this.#template }
  }

  #walkAll(expressions: Expressions, dot: Operand, nodes: readonly Node[]): Leave {
    for (const node of nodes) {
      const leave = this.#walk(expressions, dot, node)
      if (leave !== null) return leave
    }
    return null
  }

  #walk(expressions: Expressions, dot: Operand, node: Node): Leave {
    expressions.at(node)
    try {
      this.#context.budget.spend(1)
      switch (node.kind) {
        case 'text':
          this.#write(node.text, node.at, true)
          return null
        case 'action': {
          const value = expressions.pipeline(dot, node.pipe)
          if (node.pipe.declarations.length > 0) return null
          expressions.at(node)
          this.#write(value === undefined ? '<no value>' : printed(value, this.#context.budget), node.at, false)
          return null
        }
        case 'break':
        case 'continue':
          return node.kind
        case 'template':
          this.#call(expressions, dot, node)
          return null
        case 'range':
          return this.#range(expressions, dot, node)
        case 'if':
        case 'with':
          return this.#branch(expressions, dot, node)
      }
    } catch (error) {
      if (error instanceof CallError) expressions.fail(error.message, error.hint)
      throw error
    }
  }

  #write(text: string, at: number, copied: boolean): void {
    if (text === '') return
    this.#context.budget.output(text.length)
    this.#pieces.push({ from: this.#text.length, at, copied })
    this.#text += text
  }

  #branch(expressions: Expressions, dot: Operand, { kind, pipe, body, otherwise }: BranchNode): Leave {
    const variables = expressions.variableCount
    const value = expressions.pipeline(dot, pipe)
    const nodes = expressions.truth(value) ? body : (otherwise ?? [])
    const inner = kind === 'with' && nodes === body ? value : dot
    const leave = expressions.nested(() => this.#walkAll(expressions, inner, nodes))
    expressions.dropVariables(variables)
    return leave
  }

  #range(expressions: Expressions, dot: Operand, node: BranchNode): Leave {
    const { pipe, body, otherwise } = node
    const outer = expressions.variableCount
    const value = expressions.pipeline(dot, pipe)
    const inner = expressions.variableCount
    const [first, second] = pipe.declarations.map(({ names }) => names[0]!)
    let rounds = 0
    for (const [index, element] of this.#elements(expressions, value, second !== undefined)) {
      rounds++
      this.#context.budget.spend(1)
      if (first !== undefined && pipe.assigns) {
        expressions.assign(second ?? first, element)
        if (second !== undefined) expressions.assign(first, index)
      } else if (first !== undefined) {
        expressions.setTop(1, element)
        if (second !== undefined) expressions.setTop(2, index)
      }
      const leave = expressions.nested(() => this.#walkAll(expressions, element, body))
      expressions.dropVariables(inner)
      if (leave === 'break') break
    }
    expressions.dropVariables(outer)
    if (rounds > 0 || otherwise === null) return null
    return expressions.nested(() => this.#walkAll(expressions, dot, otherwise))
  }

  /** Index or key, and element, of whatever can be ranged over. */
  *#elements(expressions: Expressions, value: Value | undefined, withIndex: boolean): Iterable<[Operand, Operand]> {
    if (value === undefined) return
    const { budget } = this.#context
    if (typeof value === 'object' && value !== null) {
      switch (value.kind) {
        case 'int':
          if (withIndex) {
            expressions.fail(`can't use ${printed(value, budget)} to iterate over more than one variable`)
          }
          for (let at = 0n; at < value.value; at++) yield [undefined, { ...value, value: at }]
          return
        case 'list':
          for (const [at, item] of value.items.entries()) yield [int(at), elementOf(value, item)]
          return
        case 'map': {
          const entries = [...value.entries].sort(([a], [b]) => compareTexts(a, b))
          for (const [key, item] of entries) yield [key, elementOf(value, item)]
          return
        }
      }
    }
    expressions.fail(`range can't iterate over ${printed(value, budget)}`)
  }

  #call(expressions: Expressions, dot: Operand, node: CallNode): void {
    const nodes = this.#parsed.defined.get(node.name)
    if (nodes === undefined) expressions.fail(`template ${quote(node.name)} not defined`)
    const data = node.pipe === null ? undefined : expressions.pipeline(dot, node.pipe)
    const outer = this.#template
    expressions.nested(() => {
      const inner = new Expressions(this.#context, this.#functions, data, node, expressions.depth)
      this.#template = node.name
      this.#walkAll(inner, data, nodes)
    })
    this.#template = outer
  }
}
