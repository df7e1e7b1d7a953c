import { toFieldText } from '../../http/fields.ts'
import { PrepareError } from '../../schema/element.ts'
import { fieldName } from './field-name.schema.ts'
import type { Parameter } from './parse-snippet.schema.ts'
import type { FieldEdits } from './snippet-plan.ts'

type EditDirective = 'more_set_headers' | 'more_clear_headers' | 'more_set_input_headers' | 'more_clear_input_headers'

/** `more_set_headers` and its relatives: flags, and fields as `Name: value`. Throws `PrepareError`. */
export function planEdits(directive: EditDirective, parameters: readonly Parameter[]): FieldEdits {
  const statuses: number[] = []
  const types: string[] = []
  let appends = false
  let restricts = false
  const rest: string[] = []
  for (let at = 0; at < parameters.length; at++) {
    const { text, isQuoted } = parameters[at]!
    if (isQuoted) rest.push(text)
    else if (text === '-s') {
      if (directive.includes('input')) {
        throw new PrepareError(`parsing ${directive} flags: flag -s is not supported for this directive`)
      }
      const words = (parameters[++at]?.text ?? '').split(/\s+/)
      statuses.push(...words.filter((word) => /^[1-9]\d{0,2}$/.test(word)).map(Number))
    } else if (text === '-t') {
      const words = (parameters[++at]?.text ?? '').split(/\s+/)
      types.push(...words.filter((word) => word !== '').map((word) => word.toLowerCase()))
    } else if (text === '-a') appends = true
    else if (text === '-r') restricts = true
    else rest.push(text)
  }
  const words = `parsing ${directive} directive: ${directive} directive`
  const isClearing = directive.includes('clear')
  if (rest.length === 0)
    throw new PrepareError(`${words} must have at least 1 ${isClearing ? 'header name' : 'parameter'}`)
  const fields = rest.map((text) => (isClearing ? cleared(text, words, directive) : setField(text, words, directive)))
  return { fields, statuses, types, appends, restricts }
}

type Field = FieldEdits['fields'][number]

function setField(text: string, words: string, directive: string): Field {
  if (text === '') throw new PrepareError(`${words} has an empty parameter`)
  const at = text.indexOf(':')
  const name = (at === -1 ? text : text.slice(0, at)).trim()
  if (name === '') throw new PrepareError(`${words} has an empty header name`)
  const value = at === -1 ? '' : text.slice(at + 1).trim()
  return { name: fieldName(name, directive), value: value === '' ? null : toFieldText(value), isPrefix: false }
}

function cleared(text: string, words: string, directive: string): Field {
  if (text === '') throw new PrepareError(`${words} has an empty header name`)
  const isPrefix = text.endsWith('*')
  const name = isPrefix ? text.slice(0, -1) : text
  if (name === '') throw new PrepareError(`${words} has an invalid wildcard pattern ${JSON.stringify(text)}`)
  return { name: fieldName(name, directive), value: null, isPrefix }
}
