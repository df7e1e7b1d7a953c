import { BUILTINS } from './functions/builtins.ts'
import type { CallContext, FunctionGroup, Parameter, TemplateFunction } from './functions/function.ts'
import { methodOf } from './functions/methods.ts'
import { CallError, MAX_DEPTH } from './limits.ts'
import {
  type ChainNode,
  type CommandNode,
  type Node,
  type NumberNode,
  type Operand as OperandNode,
  type PipeNode,
  sourceOf,
  type VariableNode,
} from './nodes.ts'
import { fitsInt64 } from './number-syntax.ts'
import { Boxed, elementOf, MISSING, type Operand, unboxed } from './operand.ts'
import { quote } from './quote.ts'
import { type IntType, isTrue, typeOf, type Value } from './values.ts'

/** Why an expression has no value; the message is Go's without its place. */
export class ExpressionError extends Error {
  readonly node: Node | OperandNode | CommandNode
  readonly hint: string | null
  constructor(message: string, node: Node | OperandNode | CommandNode, hint: string | null = null) {
    super(message)
    this.name = 'ExpressionError'
    this.node = node
    this.hint = hint
  }
}

export type AnyNode = ExpressionError['node']

/** Variables that are looked at in one step. */
const VARIABLES_A_STEP = 64

type Final = Operand | typeof MISSING

/** Evaluates expressions within one template that is being carried out (`text/template/exec.go`). */
export class Expressions {
  readonly #context: CallContext
  readonly #functions: FunctionGroup
  readonly #variables: { readonly name: string; value: Operand }[]
  #node: AnyNode
  #depth: number

  constructor(context: CallContext, functions: FunctionGroup, dot: Operand, node: AnyNode, depth: number) {
    this.#context = context
    this.#functions = functions
    this.#variables = [{ name: '$', value: dot }]
    this.#node = node
    this.#depth = depth
  }

  /** Errors that have no better place are about this node. */
  at(node: AnyNode): void {
    this.#node = node
  }

  fail(message: string, hint: string | null = null): never {
    throw new ExpressionError(message, this.#node, hint)
  }

  /** Runs something on a deeper level. */
  nested<T>(run: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.fail(`exceeded maximum template depth (${MAX_DEPTH})`)
    const result = run()
    this.#depth--
    return result
  }

  get depth(): number {
    return this.#depth
  }

  get variableCount(): number {
    return this.#variables.length
  }

  /** Forgets what was declared since there were so many. */
  dropVariables(count: number): void {
    this.#variables.length = count
  }

  /** Sets the variable that was declared last but so many. */
  setTop(fromEnd: number, value: Operand): void {
    this.#variables[this.#variables.length - fromEnd]!.value = value
  }

  assign(name: string, value: Operand): void {
    this.#variable(name).value = value
  }

  #variable(name: string): { value: Operand } {
    this.#context.budget.spend(this.#variables.length / VARIABLES_A_STEP)
    return this.#variables.findLast((variable) => variable.name === name) ?? this.fail(`undefined variable: ${name}`)
  }

  pipeline(dot: Operand, pipe: PipeNode): Value | undefined {
    this.at(pipe)
    return this.nested(() => {
      let value: Final = MISSING
      for (const command of pipe.commands) value = unboxed(this.#command(dot, command, value))
      const result = value as Value | undefined
      for (const { names } of pipe.declarations) {
        if (pipe.assigns) this.assign(names[0]!, result)
        else this.#variables.push({ name: names[0]!, value: result })
      }
      return result
    })
  }

  /** Whether a value counts as true. */
  truth = (value: Operand): boolean => isTrue(unboxed(value) ?? null)

  #command(dot: Operand, command: CommandNode, final: Final): Operand {
    this.#context.budget.spend(1)
    const { args } = command
    const first = args[0]!
    switch (first.kind) {
      case 'field':
        this.at(first)
        return this.#chain(dot, dot, first, first.names, args, final)
      case 'chain':
        return this.#chainNode(dot, first, args, final)
      case 'identifier':
        return this.#function(dot, first.name, first, command, args, final)
      case 'pipe':
        this.#notAFunction(args, final)
        return this.pipeline(dot, first)
      case 'variable':
        return this.#variableNode(dot, first, args, final)
    }
    this.at(first)
    this.#notAFunction(args, final)
    if (first.kind === 'nil') return this.fail('nil is not a command')
    return this.#constant(dot, first)
  }

  /** Of a type that its syntax tells. */
  #constant(dot: Operand, node: OperandNode): Operand {
    switch (node.kind) {
      case 'dot':
        return dot
      case 'bool':
      case 'string':
        return node.value
      case 'number':
        return this.#idealConstant(node)
      default:
        return this.fail(`can't evaluate command ${quote(sourceOf(node))}`)
    }
  }

  #idealConstant(node: NumberNode): Value {
    this.at(node)
    const { source, complex, float, int } = node
    if (complex !== null) return { kind: 'complex', ...complex }
    const isHex = /^0[xX]./.test(source) && !/[pP]/.test(source)
    if (float !== null && !isHex && !source.startsWith("'") && /[.eEpP]/.test(source))
      return { kind: 'float', value: float }
    if (int === null || !fitsInt64(int)) return this.fail(`${source} overflows int`)
    return { kind: 'int', type: 'int', value: int }
  }

  #notAFunction(args: readonly OperandNode[] | null, final: Final): void {
    if ((args?.length ?? 0) > 1 || final !== MISSING) {
      this.fail(`can't give argument to non-function ${args === null ? '%!s(<nil>)' : sourceOf(args[0]!)}`)
    }
  }

  #variableNode(dot: Operand, node: VariableNode, args: readonly OperandNode[] | null, final: Final): Operand {
    this.at(node)
    const { value } = this.#variable(node.names[0]!)
    if (node.names.length > 1) return this.#chain(dot, value, node, node.names.slice(1), args, final)
    this.#notAFunction(args, final)
    return value
  }

  #chainNode(dot: Operand, node: ChainNode, args: readonly OperandNode[] | null, final: Final): Operand {
    this.at(node)
    const value = this.#argument(dot, null, node.of) as Operand
    return this.#chain(dot, value, node, node.fields, args, final)
  }

  /** `.X.Y.Z`; only the last may be a method that takes arguments. */
  #chain(
    dot: Operand,
    receiver: Operand,
    node: AnyNode,
    names: readonly string[],
    args: readonly OperandNode[] | null,
    final: Final,
  ): Operand {
    let value = receiver
    for (const name of names.slice(0, -1)) value = this.#field(dot, name, node, null, MISSING, value)
    return this.#field(dot, names[names.length - 1]!, node, args, final, value)
  }

  #field(
    dot: Operand,
    name: string,
    node: AnyNode,
    args: readonly OperandNode[] | null,
    final: Final,
    receiver: Operand,
  ): Operand {
    if (receiver === undefined) return undefined
    const type = receiver instanceof Boxed ? 'interface {}' : typeOf(receiver)
    const value = receiver instanceof Boxed ? receiver.inner : receiver
    if (value === null) return this.fail(`nil pointer evaluating ${type}.${name}`)
    const method = methodOf(value, name)
    if (method !== null) return this.#call(dot, method, false, node, name, args, final)
    const hasArguments = (args?.length ?? 0) > 1 || final !== MISSING
    if (typeof value === 'object' && value.kind === 'record' && value.fields.has(name)) {
      if (hasArguments) this.fail(`${name} has arguments but cannot be invoked as function`)
      return value.fields.get(name)
    }
    if (typeof value === 'object' && value.kind === 'map') {
      if (hasArguments) this.fail(`${name} is not a method but has arguments`)
      const element = value.entries.get(name)
      return element === undefined ? undefined : elementOf(value, element)
    }
    const hint = value === false ? 'templates have no data here; a literal "{{" is written {{ "{{" }}' : null
    return this.fail(`can't evaluate field ${name} in type ${type}`, hint)
  }

  #function(
    dot: Operand,
    name: string,
    identifier: AnyNode,
    node: AnyNode,
    args: readonly OperandNode[] | null,
    final: Final,
  ): Operand {
    this.at(identifier)
    if (Object.hasOwn(this.#functions, name)) {
      return this.#call(dot, this.#functions[name]!, false, node, name, args, final)
    }
    return this.#call(dot, BUILTINS[name]!, true, node, name, args, final)
  }

  #call(
    dot: Operand,
    callee: TemplateFunction,
    isBuiltin: boolean,
    node: AnyNode,
    name: string,
    commandArgs: readonly OperandNode[] | null,
    final: Final,
  ): Operand {
    const args = commandArgs?.slice(1) ?? []
    const given = args.length + (final === MISSING ? 0 : 1)
    const { parameters, rest } = callee
    if (rest !== null && given < parameters.length) {
      this.fail(`wrong number of args for ${name}: want at least ${parameters.length} got ${args.length}`)
    }
    if (rest === null && given !== parameters.length) {
      this.fail(`wrong number of args for ${name}: want ${parameters.length} got ${given}`)
    }
    if (isBuiltin && (name === 'and' || name === 'or')) return this.#shortCircuit(dot, name, args, final)
    const values = args.map((arg, at) => this.#argument(dot, parameters[at] ?? rest!, arg))
    if (final !== MISSING) values.push(this.#checked(final, parameters[given - 1] ?? rest!))
    if (isBuiltin && name === 'call') return this.#failedCall(node, args[0], values[0] as Value | undefined)
    try {
      this.#context.budget.spend(1)
      const result = callee.call(values, this.#context)
      if (typeof result === 'string') this.#context.budget.text(result.length)
      return result
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      throw new ExpressionError(`error calling ${name}: ${error.message}`, node, error.hint)
    }
  }

  /** No value of a template is a function. */
  #failedCall(node: AnyNode, callee: OperandNode | undefined, value: Value | undefined): never {
    this.at(node)
    if ((value ?? null) === null) this.fail('error calling call: call of nil')
    const shown = typeof value === 'string' ? value : `<${typeOf(value!)} Value>`
    const name = callee === undefined ? shown : sourceOf(callee)
    return this.fail(`error calling call: non-function ${name} of type ${typeOf(value!)}`)
  }

  #shortCircuit(dot: Operand, name: 'and' | 'or', args: readonly OperandNode[], final: Final): Operand {
    let value: Operand
    for (const arg of args) {
      value = this.#argument(dot, BUILTINS[name]!.parameters[0]!, arg) as Value | undefined
      if (this.truth(value) === (name === 'or')) return value
    }
    return final === MISSING ? value : final
  }

  /** @param parameter null: any value, as it is */
  #argument(dot: Operand, parameter: Parameter<unknown> | null, node: OperandNode): unknown {
    this.#context.budget.spend(1)
    this.at(node)
    const checked = (value: Operand) => this.#checked(value, parameter)
    switch (node.kind) {
      case 'dot':
        return checked(dot)
      case 'nil':
        if (parameter?.nil) return parameter.nil.value
        return this.fail(`cannot assign nil to ${parameter?.type}`)
      case 'field':
        return checked(this.#chain(dot, dot, node, node.names, [node], MISSING))
      case 'variable':
        return checked(this.#variableNode(dot, node, null, MISSING))
      case 'pipe':
        return checked(this.pipeline(dot, node))
      case 'identifier':
        return checked(this.#function(dot, node.name, node, node, null, MISSING))
      case 'chain':
        return checked(this.#chainNode(dot, node, null, MISSING))
      default:
        return this.#constantArgument(parameter, node)
    }
  }

  #constantArgument(
    parameter: Parameter<unknown> | null,
    node: OperandNode & { readonly kind: 'bool' | 'string' | 'number' },
  ): unknown {
    const constants = parameter?.constants ?? null
    if (parameter === null || constants === null) {
      return this.fail(`can't handle ${sourceOf(node)} for arg of type ${parameter?.type}`)
    }
    if (constants === 'any') return parameter.read(node.kind === 'number' ? this.#idealConstant(node) : node.value)
    if (node.kind === 'number') {
      const value = numberAs(node, constants, parameter.type as IntType)
      if (value !== null) return parameter.read(value)
    } else if (node.kind === constants) return parameter.read(node.value)
    return this.fail(`expected ${constants}; found ${sourceOf(node)}`)
  }

  /** What a function gets of a value; fails where it is of another type. */
  #checked(operand: Operand, parameter: Parameter<unknown> | null): unknown {
    if (parameter === null) return operand
    if (operand === undefined) {
      if (parameter.nil !== null) return parameter.nil.value
      return this.fail(`invalid value; expected ${parameter.type}`)
    }
    const value = operand instanceof Boxed ? operand.inner : operand
    if (value === null && parameter.constants !== 'any') {
      return this.fail(`wrong type for value; expected ${parameter.type}; got interface {}`)
    }
    const read = parameter.read(value)
    if (read !== undefined) return read
    return this.fail(`wrong type for value; expected ${parameter.type}; got ${typeOf(value)}`)
  }
}

function numberAs({ int, float }: NumberNode, constants: string, type: IntType): Value | null {
  if (constants === 'float') return float === null ? null : { kind: 'float', value: float }
  const fits = int !== null && (constants === 'integer' ? fitsInt64(int) : int >= 0n)
  return fits && (constants === 'integer' || constants === 'unsigned integer')
    ? { kind: 'int', type, value: int }
    : null
}
