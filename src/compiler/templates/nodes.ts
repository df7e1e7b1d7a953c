import { quote } from './quote.ts'

/** A parsed template. Places are offsets into the source. */
export type Node =
  | TextNode
  | ActionNode
  | BranchNode
  | CallNode
  | { readonly kind: 'break' | 'continue'; readonly at: number }

export interface TextNode {
  readonly kind: 'text'
  readonly at: number
  readonly text: string
}

export interface ActionNode {
  readonly kind: 'action'
  readonly at: number
  readonly pipe: PipeNode
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range'
  readonly at: number
  readonly pipe: PipeNode
  readonly body: readonly Node[]
  readonly otherwise: readonly Node[] | null
}

/** `{{template "name" pipeline}}`, which `{{block}}` is too. */
export interface CallNode {
  readonly kind: 'template'
  readonly at: number
  readonly name: string
  readonly pipe: PipeNode | null
}

export interface PipeNode {
  readonly kind: 'pipe'
  readonly at: number
  readonly declarations: readonly VariableNode[]
  readonly assigns: boolean
  readonly commands: readonly CommandNode[]
}

export interface CommandNode {
  readonly kind: 'command'
  readonly at: number
  readonly args: readonly Operand[]
}

export type Operand =
  | PipeNode
  | VariableNode
  | ChainNode
  | NumberNode
  | { readonly kind: 'identifier'; readonly at: number; readonly name: string }
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'string'; readonly at: number; readonly value: string; readonly source: string }

/** `names` begins with the variable, `$` included; fields follow. */
export interface VariableNode {
  readonly kind: 'variable'
  readonly at: number
  readonly names: readonly string[]
}

/** `(pipeline).Field`. */
export interface ChainNode {
  readonly kind: 'chain'
  readonly at: number
  readonly of: Operand
  readonly fields: readonly string[]
}

/** A constant can be of any type that its value fits. */
export interface NumberNode {
  readonly kind: 'number'
  readonly at: number
  readonly source: string
  readonly int: bigint | null
  readonly float: number | null
  readonly complex: { readonly real: number; readonly imaginary: number } | null
}

/** A template as Go writes it in errors. */
export function sourceOf(node: Node | Operand | CommandNode): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'action':
      return `{{${sourceOf(node.pipe)}}}`
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === null ? '' : ` ${sourceOf(node.pipe)}`}}}`
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.otherwise === null ? '' : `{{else}}${node.otherwise.map(sourceOf).join('')}`
      return `{{${node.kind} ${sourceOf(node.pipe)}}}${node.body.map(sourceOf).join('')}${otherwise}{{end}}`
    }
    case 'pipe': {
      const names = node.declarations.map(sourceOf).join(', ')
      const commands = node.commands.map(sourceOf).join(' | ')
      return names === '' ? commands : `${names} ${node.assigns ? '=' : ':='} ${commands}`
    }
    case 'command':
      return node.args.map(inParentheses).join(' ')
    case 'chain':
      return [inParentheses(node.of), ...node.fields].join('.')
    case 'variable':
      return node.names.join('.')
    case 'field':
      return `.${node.names.join('.')}`
    case 'identifier':
      return node.name
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'number':
    case 'string':
      return node.source
  }
}

const inParentheses = (node: Operand): string => (node.kind === 'pipe' ? `(${sourceOf(node)})` : sourceOf(node))
