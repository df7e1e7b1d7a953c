import { shownToken, type Token, type TokenKind } from './lexer.ts'
import {
  type BranchNode,
  type ChainNode,
  type CommandNode,
  type Node,
  type Operand,
  type PipeNode,
  sourceOf,
  type VariableNode,
} from './nodes.ts'
import { readNumber } from './number-literal.ts'
import { quote, unquote } from './quote.ts'
import { TokenReader } from './token-reader.ts'

/** Why a text is no template; the message is Go's without its name and line. */
export class TemplateSyntaxError extends Error {
  /** Offset into the source. */
  readonly at: number
  readonly line: number
  /** The function that it calls and that is not there; null: it is about something else. */
  readonly unknown: string | null
  constructor(message: string, { at, line }: Pick<Token, 'at' | 'line'>, unknown: string | null) {
    super(message)
    this.name = 'TemplateSyntaxError'
    this.at = at
    this.line = line
    this.unknown = unknown
  }
}

export interface ParsedTemplate {
  readonly root: readonly Node[]
  /** What `define` and `block` made, by name. */
  readonly defined: ReadonlyMap<string, readonly Node[]>
}

/** Parentheses and blocks within each other; Go allows 10,000. */
const MAX_NESTING = 200

interface ListEnd {
  readonly kind: 'end' | 'else'
  readonly at: number
}

/** What is known while a template, or one that is defined in it, is read. */
interface Scope {
  readonly variables: string[]
  /** How often each name is among them. */
  readonly counts: Map<string, number>
  ranges: number
}

const newScope = (): Scope => ({ variables: ['$'], counts: new Map([['$', 1]]), ranges: 0 })

/**
 * Parses a template as Go does (`text/template/parse`); throws `TemplateSyntaxError`.
 * @param name of the template as a whole
 */
export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): ParsedTemplate {
  return new Parser(name, text, hasFunction).parse()
}

class Parser {
  readonly #name: string
  readonly #tokens: TokenReader
  readonly #hasFunction: (name: string) => boolean
  readonly #defined = new Map<string, readonly Node[]>()
  #scope = newScope()
  #actionLine = 0
  #nesting = 0

  constructor(name: string, text: string, hasFunction: (name: string) => boolean) {
    this.#name = name
    this.#tokens = new TokenReader(text)
    this.#hasFunction = hasFunction
  }

  parse(): ParsedTemplate {
    const root: Node[] = []
    while (this.#tokens.peek().kind !== 'EOF') {
      if (this.#tokens.peek().kind === 'leftDelim') {
        const delim = this.#tokens.next()
        if (this.#tokens.nextNonSpace().kind === 'define') {
          this.#definition()
          continue
        }
        this.#tokens.backup(delim)
      }
      const node = this.#textOrAction()
      if (isEnd(node)) this.#fail(`unexpected {{${node.kind}}}`)
      root.push(node)
    }
    const known = this.#defined.get(this.#name)
    // A template that defines its own name: one of the two must be empty.
    if (known !== undefined && !isEmpty(known)) {
      if (!isEmpty(root)) this.#fail(`template: multiple definition of template ${quote(this.#name)}`)
      return { root: known, defined: this.#defined }
    }
    return { root, defined: new Map([...this.#defined, [this.#name, root]]) }
  }

  /** @param at where it stands, if not at the token that was read last; the line of the message is of that one */
  #fail(message: string, { at = this.#tokens.newest.at, unknown = null as string | null } = {}): never {
    throw new TemplateSyntaxError(message, { at, line: this.#tokens.newest.line }, unknown)
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.#fail(`unexpected ${shownToken(token)} in ${context}`)
    let where = ''
    if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
      const word = token.text.endsWith(' action') ? '' : ' in action'
      where = `${word} started at ${this.#name}:${this.#actionLine}`
    }
    this.#fail(token.text + where)
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#tokens.nextNonSpace()
    return token.kind === kind ? token : this.#unexpected(token, context)
  }

  /** `{{define "name"}} … {{end}}`, its keyword being read. */
  #definition(): void {
    const name = this.#templateName('define clause')
    this.#expect('rightDelim', 'define clause')
    this.#define(name, 'define clause')
  }

  #define(name: string, context: string): void {
    const outer = this.#scope
    this.#scope = newScope()
    const { nodes, end } = this.#list()
    if (end.kind !== 'end') this.#fail(`unexpected {{${end.kind}}} in ${context}`)
    this.#scope = outer
    const known = this.#defined.get(name)
    if (known === undefined || isEmpty(known)) this.#defined.set(name, nodes)
    else if (!isEmpty(nodes)) this.#fail(`template: multiple definition of template ${quote(name)}`)
  }

  #templateName(context: string): string {
    const token = this.#tokens.nextNonSpace()
    if (token.kind !== 'string' && token.kind !== 'rawString') this.#unexpected(token, context)
    return unquote(token.text) ?? this.#fail('invalid syntax')
  }

  /** Up to `{{end}}` or `{{else}}`. */
  #list(): { readonly nodes: readonly Node[]; readonly end: ListEnd } {
    if (++this.#nesting > MAX_NESTING) this.#fail('max expression depth exceeded')
    const nodes: Node[] = []
    while (this.#tokens.peekNonSpace().kind !== 'EOF') {
      const node = this.#textOrAction()
      if (isEnd(node)) {
        this.#nesting--
        return { nodes, end: node }
      }
      nodes.push(node)
    }
    return this.#fail('unexpected EOF')
  }

  #textOrAction(): Node | ListEnd {
    const token = this.#tokens.nextNonSpace()
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
    if (token.kind !== 'leftDelim') return this.#unexpected(token, 'input')
    this.#actionLine = token.line
    const node = this.#action()
    this.#actionLine = 0
    return node
  }

  #action(): Node | ListEnd {
    const { kind, at } = this.#tokens.nextNonSpace()
    switch (kind) {
      case 'break':
      case 'continue': {
        const token = this.#tokens.nextNonSpace()
        if (token.kind !== 'rightDelim') this.#unexpected(token, `{{${kind}}}`)
        if (this.#scope.ranges === 0) this.#fail(`{{${kind}}} outside {{range}}`)
        return { kind, at }
      }
      case 'block':
        return this.#block()
      case 'else': {
        const next = this.#tokens.peekNonSpace()
        // `{{else if …}}` is `{{else}}{{if …}}`: the keyword stays where it is.
        if (next.kind !== 'if' && next.kind !== 'with') this.#expect('rightDelim', 'else')
        return { kind: 'else', at }
      }
      case 'end':
        this.#expect('rightDelim', 'end')
        return { kind: 'end', at }
      case 'if':
      case 'range':
      case 'with':
        return this.#control(kind)
      case 'template':
        return this.#call()
    }
    this.#tokens.backup()
    const start = this.#tokens.peek().at
    // Variables stay until the block around ends.
    return { kind: 'action', at: start, pipe: this.#pipeline('command', 'rightDelim') }
  }

  #control(kind: BranchNode['kind']): BranchNode {
    const scope = this.#scope
    const variables = scope.variables.length
    const pipe = this.#pipeline(kind, 'rightDelim')
    if (kind === 'range') scope.ranges++
    const { nodes: body, end } = this.#list()
    if (kind === 'range') scope.ranges--
    let otherwise: readonly Node[] | null = null
    if (end.kind === 'else') {
      if (kind !== 'range' && this.#tokens.peek().kind === kind) {
        if (++this.#nesting > MAX_NESTING) this.#fail('max expression depth exceeded')
        this.#tokens.next()
        otherwise = [this.#control(kind)]
        this.#nesting--
      } else {
        const rest = this.#list()
        if (rest.end.kind !== 'end') this.#fail(`expected end; found {{${rest.end.kind}}}`)
        otherwise = rest.nodes
      }
    }
    for (const name of scope.variables.splice(variables)) scope.counts.set(name, scope.counts.get(name)! - 1)
    return { kind, at: pipe.at, pipe, body, otherwise }
  }

  #block(): Node {
    const { at } = this.#tokens.peekNonSpace()
    const name = this.#templateName('block clause')
    const pipe = this.#pipeline('block clause', 'rightDelim')
    this.#define(name, 'block clause')
    return { kind: 'template', at, name, pipe }
  }

  #call(): Node {
    const { at } = this.#tokens.peekNonSpace()
    const name = this.#templateName('template clause')
    if (this.#tokens.nextNonSpace().kind === 'rightDelim') return { kind: 'template', at, name, pipe: null }
    this.#tokens.backup()
    return { kind: 'template', at, name, pipe: this.#pipeline('template clause', 'rightDelim') }
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const { at } = this.#tokens.peekNonSpace()
    const declarations: VariableNode[] = []
    const assigns = this.#declarations(context, declarations)
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#tokens.nextNonSpace()
      if (token.kind === end) break
      if (!BEGINS_COMMAND.has(token.kind)) this.#unexpected(token, context)
      this.#tokens.backup()
      commands.push(this.#command())
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    const stage = commands.findIndex(({ args }, index) => index > 0 && NOT_EXECUTABLE.has(args[0]!.kind))
    if (stage !== -1) this.#fail(`non executable command in pipeline stage ${stage + 1}`)
    return { kind: 'pipe', at, declarations, assigns, commands }
  }

  /** `$x :=`, `$x =`, `$i, $x :=`; whether variables are assigned rather than declared. */
  #declarations(context: string, declarations: VariableNode[]): boolean {
    for (;;) {
      const variable = this.#tokens.peekNonSpace()
      if (variable.kind !== 'variable') return false
      this.#tokens.next()
      // `$x foo`: as a blank is a token, the one behind the variable is put back too.
      const behind = this.#tokens.peek()
      const next = this.#tokens.peekNonSpace()
      const declared = () => {
        this.#tokens.nextNonSpace()
        declarations.push({ kind: 'variable', at: variable.at, names: variable.text.split('.') })
        const { variables, counts } = this.#scope
        variables.push(variable.text)
        counts.set(variable.text, (counts.get(variable.text) ?? 0) + 1)
      }
      if (next.kind === 'assign' || next.kind === 'declare') {
        declared()
        return next.kind === 'assign'
      }
      if (next.kind !== 'char' || next.text !== ',') {
        if (behind.kind === 'space') this.#tokens.backup(behind, variable)
        else this.#tokens.backup(variable)
        return false
      }
      declared()
      if (context !== 'range' || declarations.length >= 2) this.#fail(`too many declarations in ${context}`)
      const { kind } = this.#tokens.peekNonSpace()
      if (kind !== 'variable' && kind !== 'rightDelim' && kind !== 'rightParen') {
        this.#fail('range can only initialize variables')
      }
    }
  }

  #command(): CommandNode {
    const { at } = this.#tokens.peekNonSpace()
    const args: Operand[] = []
    for (;;) {
      this.#tokens.peekNonSpace()
      const operand = this.#operand()
      if (operand !== null) args.push(operand)
      const token = this.#tokens.next()
      if (token.kind === 'space') continue
      if (token.kind === 'rightDelim' || token.kind === 'rightParen') this.#tokens.backup()
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand')
      break
    }
    if (args.length === 0) this.#fail('empty command')
    return { kind: 'command', at, args }
  }

  /** A term with the fields that follow it; null where there is none. */
  #operand(): Operand | null {
    const term = this.#term()
    if (term === null || this.#tokens.peek().kind !== 'field') return term
    const { at } = this.#tokens.peek()
    const fields: string[] = []
    while (this.#tokens.peek().kind === 'field') fields.push(this.#tokens.next().text.slice(1))
    switch (term.kind) {
      case 'field':
        return { kind: 'field', at, names: [...term.names, ...fields] }
      case 'variable':
        return { kind: 'variable', at, names: [...term.names, ...fields] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${quote(sourceOf(term))}`)
      default:
        return { kind: 'chain', at, of: term, fields } satisfies ChainNode
    }
  }

  #term(): Operand | null {
    const token = this.#tokens.nextNonSpace()
    const { kind, at, text } = token
    switch (kind) {
      case 'identifier':
        if (!this.#hasFunction(text)) this.#fail(`function ${quote(text)} not defined`, { at, unknown: text })
        return { kind, at, name: text }
      case 'dot':
      case 'nil':
        return { kind, at }
      case 'variable':
        if ((this.#scope.counts.get(text) ?? 0) === 0) this.#fail(`undefined variable ${quote(text)}`, { at })
        return { kind, at, names: [text] }
      case 'field':
        return { kind, at, names: [text.slice(1)] }
      case 'bool':
        return { kind, at, value: text === 'true' }
      case 'charConstant':
      case 'complex':
      case 'number': {
        const number = readNumber(text, kind)
        return typeof number === 'string' ? this.#fail(number) : { kind: 'number', at, source: text, ...number }
      }
      case 'leftParen': {
        if (++this.#nesting > MAX_NESTING) this.#fail('max expression depth exceeded')
        const pipe = this.#pipeline('parenthesized pipeline', 'rightParen')
        this.#nesting--
        return pipe
      }
      case 'string':
      case 'rawString':
        return { kind: 'string', at, value: unquote(text) ?? this.#fail('invalid syntax'), source: text }
    }
    this.#tokens.backup()
    return null
  }
}

const BEGINS_COMMAND: ReadonlySet<TokenKind> = new Set([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
])

/** What can't take the value of the command before it. */
const NOT_EXECUTABLE: ReadonlySet<Operand['kind']> = new Set(['bool', 'dot', 'nil', 'number', 'string'])

const isEnd = (node: Node | ListEnd): node is ListEnd => node.kind === 'end' || node.kind === 'else'

/** Nothing but blanks. */
const isEmpty = (nodes: readonly Node[]): boolean =>
  nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
