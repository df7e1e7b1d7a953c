import { CONNECTION, classOf, FRAMING, TE, TRAILER } from '../../../src/http/field-names.ts'
import { type Fields, fromFieldText, lowerName, toFieldText } from '../../../src/http/fields.ts'

/**
 * Between the runtime's `Headers` and the core's field lines. Each call into the runtime costs as much as everything
 * the core does with a field, and most fields pass unchanged: so what came is copied in one go, and only what differs
 * from it is touched.
 */

const NOT_ASCII = /[^\0-\x7f]/

/** Field lines as they were read from native headers. */
export interface Received {
  readonly headers: Headers
  readonly lines: readonly string[]
}

/** One string for all messages that have the name, so that the core's look-ups need not hash it again. */
export const fieldName = lowerName

/** The runtime reads and writes UTF-8, field lines are byte strings. */
export const fieldValue = (value: string): string => (NOT_ASCII.test(value) ? toFieldText(value) : value)

/**
 * Fields of a request for `fetch`, without those of framing and of the connection: they are the runtime's.
 * @param received what most of them came from; null: nothing did
 */
export function requestHeaders({ lines }: Fields, received: Received | null): Headers {
  const headers = received === null ? new Headers() : new Headers(received.headers)
  const from = received === null ? 0 : applyChanges(headers, received.lines, lines, isPlatforms)
  for (let i = from; i < lines.length; i += 2) {
    const name = lines[i]!
    if (!isPlatforms(name)) headers.append(name, fromFieldText(lines[i + 1]!))
  }
  return headers
}

/**
 * Makes an answer's headers say what `fields` say. A length that no longer fits is no harm: the runtime knows better,
 * but for answers to HEAD, whose length it can't know.
 * @param received what `headers` were copied from; null: they are empty
 */
export function setAnswerHeaders(headers: Headers, { lines }: Fields, received: Received | null): void {
  const from = received === null ? 0 : applyChanges(headers, received.lines, lines, none)
  for (let i = from; i < lines.length; i += 2) headers.append(lines[i]!, fromFieldText(lines[i + 1]!))
}

/**
 * Takes off and changes what is no longer as received, as far as the order of lines stayed.
 * @param received every name once
 * @param unwanted names that are taken off too
 * @returns where the lines begin that are still missing
 */
function applyChanges(
  headers: Headers,
  received: readonly string[],
  lines: readonly string[],
  unwanted: (name: string) => boolean,
): number {
  let at = 0
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i]!
    const isThere = lines[at] === name
    if (!isThere || unwanted(name)) headers.delete(name)
    else if (lines[at + 1] !== received[i + 1]) headers.set(name, fromFieldText(lines[at + 1]!))
    if (isThere) at += 2
  }
  return at
}

const isPlatforms = (name: string): boolean => (classOf(name) & (FRAMING | CONNECTION | TE | TRAILER)) !== 0

const none = (): boolean => false
