import { CONNECTION, classOf } from '../../../src/http/field-names.ts'
import type { Fields } from '../../../src/http/fields.ts'
import { hasToken } from './octets.ts'

/** Whether an answer of our own asks for the connection to be closed. */
export function asksToClose(fields: Fields): boolean {
  const { lines } = fields
  for (let i = 0; i < lines.length; i += 2) {
    if ((classOf(lines[i]!) & CONNECTION) !== 0 && hasToken(lines[i + 1]!, 'close')) return true
  }
  return false
}
