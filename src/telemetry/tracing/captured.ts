import { fromFieldText } from '../../http/fields.ts'
import type { AttributeValue } from '../otlp/attributes.ts'
import type { Span } from './span.ts'

/** Characters of a text from outside that is kept: spans wait in memory. */
const LONGEST_TEXT = 4096

/** Characters of fields up to which texts may hang on to the message that they are part of. */
const SMALL_HEAD = 8192

/** Sets a text that comes from outside. */
export function setText(span: Span, name: string, text: string, isLarge: boolean): void {
  span.set(name, kept(text, isLarge))
}

/** Fields of these names as attributes; several lines of one name are several values. @param names in lower case */
export function setFields(
  span: Span,
  prefix: string,
  names: readonly string[],
  lines: readonly string[],
  isLarge: boolean,
): void {
  for (const name of names) {
    let values: string[] | null = null
    for (let i = 0; i < lines.length; i += 2) {
      if (lines[i]!.length !== name.length || lines[i]!.toLowerCase() !== name) continue
      values ??= []
      values.push(kept(lines[i + 1]!, isLarge))
    }
    if (values !== null) span.set(prefix + name, values as AttributeValue)
  }
}

/** Whether texts that are parts of these lines would keep much more than themselves in memory. */
export function isLargeHead(lines: readonly string[]): boolean {
  let length = 0
  for (const text of lines) length += text.length
  return length > SMALL_HEAD
}

/** A text of a message, cut, and of a large message as a copy. */
const kept = (text: string, isLarge: boolean): string => keptText(fromFieldText(cut(text)), isLarge)

/** The same of a text that has been decoded. */
export const keptText = (text: string, isLarge: boolean): string => (isLarge ? detached(cut(text)) : cut(text))

const cut = (text: string): string => (text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text)

/** A copy that is part of no other text. */
export const detached = (text: string): string => decoder.decode(encoder.encode(text))

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
