import { classOf, FRAMING } from '../../http/field-names.ts'
import { canonicalName, toFieldText } from '../../http/fields.ts'
import { PrepareError } from '../../schema/element.ts'
import type { FieldEdit } from './field-edit.ts'

/** A field name of an option, in Go's canonical case; throws `PrepareError` for what is no token (RFC 9110 §5.1). */
export function prepareFieldName(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw new PrepareError(`invalid header field name ${JSON.stringify(name)}`)
  }
  return canonicalName(name)
}

/**
 * A field value of an option as field text; throws `PrepareError` for control characters. `name` is for the message:
 * the value may be a secret.
 */
export function prepareFieldValue(value: string, name: string): string {
  const trimmed = value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(trimmed))
    throw new PrepareError(`invalid header field value for ${JSON.stringify(name)}`)
  return toFieldText(trimmed)
}

/** The same for responses, where Go writes line breaks (of a YAML block) as spaces. */
export const prepareResponseValue = (value: string, name: string): string =>
  prepareFieldValue(value.replace(/[\r\n]/g, ' '), name)

/**
 * A map of fields, empty values for those to delete; framing is the transport's business, so its fields are left out.
 */
export function prepareFieldEdits(
  map: Readonly<Record<string, string>>,
  prepareValue: (value: string, name: string) => string,
): FieldEdit[] {
  const edits = Object.entries(map).map(([key, value]) => ({
    name: prepareFieldName(key),
    value: value === '' ? null : prepareValue(value, key),
  }))
  return edits.filter(({ name }) => (classOf(name) & FRAMING) === 0)
}
