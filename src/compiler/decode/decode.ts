import type * as z from 'zod'
import type { ConfigProblem, Severity } from '../../plan/problem.ts'
import type { Dialect } from '../../schema/scalars.ts'
import { nearest } from './nearest.ts'
import { isScalar, notationOf, parseScalar, scalarText } from './scalar.ts'
import { type BlockShape, defaultsOf, type Field, mayBeEmpty, type Shape, shapeOf } from './shape.ts'

/** In trees of dotted names: the text that was given to a level that has children too. */
export const OWN_TEXT = Symbol('own text')

interface Tree {
  readonly [key: string]: unknown
  readonly [OWN_TEXT]?: unknown
}
/** Where the decoder is; a chain, so that nothing is copied on the way down. */
interface Step {
  readonly above: Path
  readonly key: string | number
}

type Path = Step | null

/** What Traefik finds before it looks at values. */
const UNKNOWN = /^field not found/
const MISPLACED = /^field not found|^invalid node|^field \S+ uses unsupported| cannot be a standalone element/

const MAX_PROBLEMS = 100
const MAX_DEPTH = 100

/** What decoding gives. */
export interface Decoded<T> {
  /** Null when there is an error: a configuration is taken whole or not at all. */
  readonly value: T | null
  readonly problems: readonly ConfigProblem[]
}

/**
 * Turns a tree of objects, lists and scalars into what a schema describes, as leniently as Traefik does: keys in any
 * case, scalars as text, lists with commas, blocks that may stand alone. Unknown first-level keys are warnings, all
 * below are errors. Maps come out without a prototype, so that every name is an ordinary one.
 *
 * Source: paerser `parser/element_nodes.go`, `parser/nodes_metadata.go`, `parser/element_fill.go`.
 */
export const decode = <S extends z.ZodType>(schema: S, tree: unknown, dialect: Dialect): Decoded<z.output<S>> => {
  const decoder = new Decoder(dialect)
  const shape = shapeOf(schema)
  if (shape.kind !== 'block') throw new TypeError('only blocks can be decoded')
  const value = decoder.root(shape, tree)
  const failed = decoder.problems.some((problem) => problem.severity === 'error')
  return { value: failed ? null : (value as z.output<S>), problems: decoder.problems }
}

const below = (above: Path, key: string | number): Step => ({ above, key })

const keyOf = (path: Path): string => String(path?.key)

const keysOf = (path: Path): (string | number)[] => {
  const keys: (string | number)[] = []
  for (let step = path; step !== null; step = step.above) keys.unshift(step.key)
  return keys
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const hasChildren = (tree: Tree): boolean => {
  for (const key in tree) if (Object.hasOwn(tree, key) && tree[key] !== null && tree[key] !== undefined) return true
  return false
}

/** How a block without options may be written. */
const meansEmpty = (text: string): boolean => text === '' || text.toLowerCase() === 'true'

/** Traefik can't tell an empty list from an empty block. */
const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isTree(value) && Object.keys(value).length === 0

/** A list without elements, as files and as labels write it. */
const isNothing = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0)

const isBlank = (value: unknown): boolean => value === null || value === undefined

class Decoder {
  readonly problems: ConfigProblem[] = []
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  root(shape: BlockShape, tree: unknown): unknown {
    const value = defaultsOf(shape) as Record<string, unknown>
    if (isBlank(tree)) return value
    if (!isTree(tree)) {
      this.#error(null, `cannot unmarshal ${Array.isArray(tree) ? 'a list' : 'a scalar'} into a configuration`)
      return value
    }
    const known: Record<string, unknown> = Object.create(null)
    for (const key of Object.keys(tree)) {
      // Traefik ignores these in files without a word.
      const ignored = this.#dialect === 'file' && !shape.index.has(key.toLowerCase())
      if (ignored)
        this.#report(
          'warning',
          below(null, key),
          `unknown option "${key}" is ignored`,
          hintFor(key, shape, this.#dialect),
        )
      else known[key] = tree[key]
    }
    this.#children(shape, known, null, value)
    return value
  }

  /** Reads the options of a block into `value`, which holds the defaults or what another spelling brought. */
  #children(shape: BlockShape, tree: Tree, path: Path, value: Record<string, unknown>): void {
    for (const key of Object.keys(tree).sort()) {
      const raw = tree[key]
      if (isBlank(raw)) continue
      const field = shape.fields.get(key) ?? shape.index.get(key.toLowerCase())
      const here = below(path, key)
      if (field === undefined || !this.#isSpelling(field, key)) {
        this.#report('error', here, `field not found, node: ${key}`, hintFor(key, shape, this.#dialect))
        continue
      }
      if (field.meta.ignoredIn?.includes(this.#dialect) === true) this.#ignore(field, raw, here)
      else this.#option(field, raw, here, value)
    }
  }

  /** `servers` is `server` in labels, and only there. */
  #isSpelling(field: Field, key: string): boolean {
    const labelName = field.meta.labelName
    if (labelName === undefined) return true
    return key.toLowerCase() === (this.#dialect === 'label' ? labelName : field.name).toLowerCase()
  }

  #option(field: Field, raw: unknown, path: Path, value: Record<string, unknown>): void {
    const { name, shape, meta } = field
    switch (shape.kind) {
      case 'block': {
        if (!this.#isPresent(field, raw, path)) return
        const target = (value[name] ?? defaultsOf(shape)) as Record<string, unknown>
        if (isTree(raw)) this.#children(shape, raw, path, target)
        value[name] = target
        return
      }
      case 'map': {
        if (!this.#isPresent(field, raw, path)) return
        const target = (value[name] ?? Object.create(null)) as Record<string, unknown>
        if (isTree(raw)) this.#entries(shape.item, raw, path, target)
        value[name] = target
        return
      }
      case 'list': {
        const oneElement = this.#dialect === 'label' && meta.labelName !== undefined && isTree(raw)
        const list = this.#list(shape.item, oneElement ? [raw] : raw, path)
        if (list !== undefined) value[name] = list
        // To Traefik an empty list is none; one of our options may mean it.
        else if (mayBeEmpty(meta, this.#dialect) && isNothing(raw)) value[name] = []
        return
      }
      default: {
        const scalar = this.#value(shape, raw, path)
        if (scalar !== undefined) value[name] = scalar
      }
    }
  }

  /** Whether a block or map is there at all; reports one that must have children and has none. */
  #isPresent(field: Field, raw: unknown, path: Path): boolean {
    const { meta, shape } = field
    const emptyAllowed = mayBeEmpty(meta, this.#dialect)
    if ((Array.isArray(raw) && raw.length > 0) || raw instanceof Date) {
      if (raw instanceof Date) this.#error(path, unsupported(field.name))
      else this.#error(path, `field not found, node: [0]`, `${field.name} is a ${shape.kind}, not a list`)
      return false
    }
    const own = isScalar(raw) ? scalarText(raw) : ownText(raw)
    if (emptyAllowed && own !== null && !meansEmpty(own)) {
      // Traefik switches it off by whatever is not "true".
      if (this.#isStray(raw) && own.toLowerCase() !== 'false') this.#stray('warning', path, shape, raw)
      return false
    }
    if ((isTree(raw) && hasChildren(raw)) || emptyAllowed) return true
    if (meta.mayBeCleared === true && isTree(raw) && isEmpty(raw)) return true
    this.#error(path, `${field.name} cannot be a standalone element (type ${typeName(field)})`)
    return false
  }

  #entries(item: Shape, tree: Tree, path: Path, target: Record<string, unknown>): void {
    for (const key of Object.keys(tree).sort()) {
      const raw = tree[key]
      if (isBlank(raw)) continue
      const here = below(path, key)
      if (item.kind === 'text' && isTree(raw)) {
        this.#flatten(raw, key, here, target)
        continue
      }
      const entry = this.#element(item, raw, here)
      if (entry !== undefined) target[key] = entry
    }
  }

  /** Further levels belong to the key of a map of texts; a level that has some has no text of its own, as in Traefik. */
  #flatten(tree: Tree, prefix: string, path: Path, target: Record<string, unknown>): void {
    if ((ownText(tree) ?? '') !== '') {
      const hint = `"${prefix}" and "${prefix}.…" can't both be there`
      this.#report('warning', path, `the value of ${prefix} is ignored: there are further names below it`, hint)
    }
    for (const key of Object.keys(tree).sort()) {
      const raw = tree[key]
      const name = `${prefix}.${key}`
      if (isTree(raw)) this.#flatten(raw, name, below(path, key), target)
      else if (isScalar(raw)) target[name] = scalarText(raw)
    }
  }

  /** An entry of a map or an element of a list; a bare block is an empty one. */
  #element(item: Shape, raw: unknown, path: Path): unknown {
    if (item.kind === 'block' || item.kind === 'map') {
      const made = (item.kind === 'block' ? defaultsOf(item) : Object.create(null)) as Record<string, unknown>
      if (isTree(raw)) {
        if (item.kind === 'block') this.#children(item, raw, path, made)
        else this.#entries(item.item, raw, path, made)
      } else if (!isScalar(raw) && !isEmpty(raw)) {
        this.#error(path, 'field not found, node: [0]', `${keyOf(path)} is a ${item.kind}, not a list`)
      } else if (this.#isStray(raw)) this.#stray('error', path, item, raw)
      return made
    }
    if (item.kind === 'list') return this.#list(item.item, raw, path)
    return this.#value(item, raw, path)
  }

  #list(item: Shape, raw: unknown, path: Path): unknown[] | undefined {
    const name = keyOf(path)
    if (item.kind === 'block') return this.#blocks(item, raw, path)
    if (isTree(raw)) {
      // Traefik ignores them: a router without the middlewares that were meant.
      const severity = this.#dialect === 'file' && hasChildren(raw) ? 'error' : 'warning'
      this.#report(severity, path, `${name} is a list: named elements in it are ignored`, `write "${name}: [a, b]"`)
      return undefined
    }
    const texts = isScalar(raw) ? splitList(scalarText(raw)) : null
    const elements = texts ?? (Array.isArray(raw) ? raw : null)
    if (elements === null) {
      this.#error(path, unsupported(name))
      return undefined
    }
    if (elements.length === 0) return undefined
    const list: unknown[] = []
    elements.forEach((element: unknown, position) => {
      const here = texts === null ? below(path, position) : path
      if (!isScalar(element)) this.#error(here, sliceError(name, element))
      else list.push(this.#parse(item, scalarText(element).trim(), here))
    })
    return list
  }

  /** Named elements are taken in the order of their names; those of key-value stores in that of their keys. */
  #blocks(item: BlockShape, raw: unknown, path: Path): unknown[] {
    const name = keyOf(path)
    if (isTree(raw)) {
      const keys = Object.keys(raw)
      if (this.#dialect !== 'kv') keys.sort()
      return keys.filter((key) => !isBlank(raw[key])).map((key) => this.#element(item, raw[key], below(path, key)))
    }
    const elements: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
    const blocks: unknown[] = []
    elements.forEach((element, position) => {
      const here = below(path, position)
      if (isTree(element)) blocks.push(this.#element(item, element, here))
      else if (isScalar(element)) {
        const severity = this.#isStray(element) ? 'error' : 'warning'
        this.#report(severity, here, `${name} is a list of blocks: plain values are ignored`, null)
      } else this.#error(here, sliceError(name, element))
    })
    return blocks
  }

  #value(shape: Shape, raw: unknown, path: Path): unknown {
    const name = keyOf(path)
    if (shape.kind === 'any') return this.#any(raw, path, 0)
    if (isScalar(raw)) return this.#parse(shape, scalarText(raw), path)
    if (isTree(raw) && !hasChildren(raw)) return this.#parse(shape, ownText(raw) ?? '', path)
    if (isEmpty(raw)) return this.#parse(shape, '', path)
    const inner = Array.isArray(raw) ? raw.find(Array.isArray) : undefined
    const what = isTree(raw) ? 'block' : Array.isArray(raw) ? 'list' : null
    if (inner !== undefined) this.#error(path, sliceError(name, inner))
    else if (what !== null)
      this.#error(path, `invalid node ${name}: ${shape.kind}`, `${name} takes one value, not a ${what}`)
    else this.#error(path, unsupported(name))
    return undefined
  }

  #parse(shape: Shape, text: string, path: Path): unknown {
    try {
      return parseScalar(shape, text)
    } catch (error) {
      this.#error(path, error instanceof Error ? error.message : String(error), notationOf(shape))
      return undefined
    }
  }

  /** Free options of plug-ins: scalars become texts, lists of one kind of scalar keep it, as in Traefik. */
  #any(raw: unknown, path: Path, depth: number): unknown {
    if (depth > MAX_DEPTH) {
      this.#error(path, `more than ${MAX_DEPTH} levels`)
      return undefined
    }
    if (isScalar(raw)) return scalarText(raw)
    if (Array.isArray(raw)) {
      const kind = typeof raw[0]
      const alike = kind !== 'bigint' && raw.every((element) => typeof element === kind && isScalar(element))
      return alike ? [...raw] : raw.map((element, position) => this.#any(element, below(path, position), depth + 1))
    }
    if (!isTree(raw)) {
      this.#error(path, unsupported(keyOf(path)))
      return undefined
    }
    const keys = Object.keys(raw).filter((key) => !isBlank(raw[key]))
    if (this.#dialect !== 'kv') keys.sort()
    const isList = this.#dialect !== 'file' && keys.length > 0 && keys.every((key) => /^\[\d+\]$/.test(key))
    if (isList) return keys.map((key) => this.#any(raw[key], below(path, key), depth + 1))
    const map: Record<string, unknown> = Object.create(null)
    for (const key of keys) map[key] = this.#any(raw[key], below(path, key), depth + 1)
    return map
  }

  /** An option that this dialect ignores: its names are checked all the same, in files what stands where, too. */
  #ignore(field: Field, raw: unknown, path: Path): void {
    // Traefik says nothing: a service of another kind than was meant.
    if (this.#dialect === 'label') {
      this.#report('warning', path, `${field.name} can't come from labels and is ignored`, 'write it into a file')
    }
    const scratch = new Decoder(this.#dialect)
    const open: Field = { ...field, meta: { ...field.meta, mayBeEmpty: true, notEmptyIn: [] } }
    scratch.#option(open, raw, path, {})
    const counts = this.#dialect === 'file' ? MISPLACED : UNKNOWN
    // A list is a text to Traefik, which nobody reads here.
    const isList = ({ hint }: ConfigProblem) => hint?.endsWith(', not a list') === true
    for (const found of scratch.problems) if (counts.test(found.message) && !isList(found)) this.#add(found)
  }

  /**
   * Whether a file has a plain value where a block belongs. Traefik takes it for an empty block: a router that is one
   * would replace everything that was in force.
   */
  #isStray(raw: unknown): boolean {
    return this.#dialect === 'file' && isScalar(raw) && !meansEmpty(scalarText(raw))
  }

  #stray(severity: Severity, path: Path, shape: Shape, raw: unknown): void {
    const what = typeof raw === 'string' ? 'a text' : typeof raw === 'boolean' ? 'a boolean' : 'a number'
    const hint =
      severity === 'error' ? 'write its options as keys below it' : 'it is switched off by this; "true" switches it on'
    this.#report(severity, path, `${keyOf(path)} is a ${shape.kind}, not ${what}`, hint)
  }

  #error(path: Path, message: string, hint: string | null = null): void {
    this.#report('error', path, message, hint)
  }

  #report(severity: Severity, path: Path, message: string, hint: string | null): void {
    this.#add({ severity, message, hint, provider: null, path: keysOf(path), position: null })
  }

  #add(problem: ConfigProblem): void {
    // An error always finds room: without one the configuration would be taken.
    const limit = problem.severity === 'error' ? 2 * MAX_PROBLEMS : MAX_PROBLEMS
    if (this.problems.length < limit) this.problems.push(problem)
  }
}

const ownText = (raw: unknown): string | null => {
  const own = isTree(raw) ? raw[OWN_TEXT] : undefined
  return typeof own === 'string' ? own : null
}

const splitList = (text: string): string[] => (text === '' ? [] : text.split(','))

const unsupported = (name: string) => `field ${name} uses unsupported type: struct`

const sliceError = (name: string, element: unknown): string => {
  const type = Array.isArray(element) ? 'slice' : isBlank(element) ? 'invalid' : isTree(element) ? 'map' : 'struct'
  return `field ${name} uses unsupported slice type: ${type}`
}

const hintFor = (key: string, shape: BlockShape, dialect: Dialect): string | null => {
  const fields = [...shape.fields.values()]
  const name = nearest(
    key,
    fields.map(({ name, meta }) => (dialect === 'label' ? (meta.labelName ?? name) : name)),
  )
  return name === null ? null : `did you mean "${name}"?`
}

const typeName = ({ name, meta }: Field): string =>
  meta.typeName ?? `*dynamic.${name.charAt(0).toUpperCase()}${name.slice(1)}`
