import { classOf, FRAMING } from '../../http/field-names.ts'
import { PrepareError } from '../../schema/element.ts'
import { integer, text } from '../../schema/scalars.ts'
import { prepareFieldName, prepareResponseValue } from './field-option.schema.ts'
import type { StaticAnswer } from './static-answer.ts'

/** Options that `respond` and `maintenance` have in common. */
export const answerOptions = {
  status: integer().optional().describe('Status of the answer, 200 to 599.'),
  body: text().optional().describe('Content of the answer, as UTF-8.'),
  contentType: text().optional().describe('Its `Content-Type`. Default, where there is content: plain text in UTF-8.'),
}

const PLAIN_TEXT = 'text/plain; charset=utf-8'

/** An answer that can be sent; throws `PrepareError` for what can't. `headers`: fields by name. */
export function prepareAnswer(
  status: number,
  body: string,
  contentType: string,
  headers: Readonly<Record<string, string>>,
): StaticAnswer {
  if (status < 200 || status > 599) throw new PrepareError(`invalid HTTP status code ${status}`)
  const lines: string[] = []
  for (const [key, value] of Object.entries(headers)) {
    const name = prepareFieldName(key)
    if ((classOf(name) & FRAMING) !== 0)
      throw new PrepareError(`header field ${JSON.stringify(name)} is written by the proxy itself`)
    if (name === 'Content-Type' && contentType !== '') continue
    lines.push(name, prepareResponseValue(value, key))
  }
  const isEmpty = body === '' || status === 204 || status === 304
  const type = contentType !== '' || isEmpty || lines.includes('Content-Type') ? contentType : PLAIN_TEXT
  if (type !== '') lines.unshift('Content-Type', prepareResponseValue(type, 'Content-Type'))
  return { status, lines, body: isEmpty ? null : body }
}
