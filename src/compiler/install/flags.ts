import type { Shape } from '../decode/shape.ts'
import type { Source } from './sources.ts'

/**
 * The flags of a command line, as far as the first argument that is none (`-a.b=c`, `--a.b c`, `--a`). Values may stand
 * apart where the option is known; a boolean or a block never takes the next argument. Repeated lists are joined,
 * otherwise the last one counts. Throws an Error with Traefik's message.
 *
 * Source: paerser `flag/flags.go`.
 */
export const flagOptions = (args: readonly string[], shape: Shape): readonly Source[] => {
  /** By the name in lower case; the first spelling stays. */
  const flags = new Map<string, Source>()
  for (let position = 0; position < args.length; position++) {
    const argument = args[position] ?? ''
    if (argument.length < 2 || !argument.startsWith('-') || argument === '--') break
    const body = argument.slice(argument.startsWith('--') ? 2 : 1)
    if (/^[-=]/.test(body)) throw new Error(`bad flag syntax: ${argument}`)
    const equals = body.indexOf('=')
    const name = equals === -1 ? body : body.slice(0, equals)
    const kind = kindOf(name, shape)
    let text = equals === -1 ? 'true' : body.slice(equals + 1)
    if (equals === -1 && (kind === 'value' || kind === 'list')) {
      const next = args[++position]
      if (next === undefined) throw new Error(`flag needs an argument: -${name}`)
      text = next
    }
    const neutral = name.toLowerCase()
    const before = flags.get(neutral)
    flags.set(neutral, {
      written: argument.slice(0, argument.length - body.length) + name,
      option: before?.option ?? name,
      text: before !== undefined && kind === 'list' ? `${before.text},${text}` : text,
    })
  }
  return [...flags.values()]
}

/** How a flag takes its value; `unknown` names fail when they are decoded. */
const kindOf = (name: string, root: Shape): 'switch' | 'list' | 'value' | 'unknown' => {
  let shape: Shape = root
  for (const part of name.toLowerCase().split('.')) {
    const level = part.replace(/\[[^\]]*\]$/, '')
    if (shape.kind === 'block') {
      // Not an option of the configuration, but a flag all the same.
      if (shape === root && level === 'configfile') return 'value'
      const field = shape.index.get(level)
      if (field === undefined) return 'unknown'
      shape = field.shape
      if (shape.kind === 'list' && part !== level) shape = shape.item
    } else if (shape.kind === 'map') {
      if (shape.item.kind === 'text' || shape.item.kind === 'any') return 'value'
      shape = shape.item
    } else return shape.kind === 'any' ? 'value' : 'unknown'
  }
  if (shape.kind === 'flag' || shape.kind === 'block' || shape.kind === 'map') return 'switch'
  return shape.kind === 'list' ? (shape.item.kind === 'block' ? 'switch' : 'list') : 'value'
}
