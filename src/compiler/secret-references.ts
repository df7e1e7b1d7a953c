import type { SecretSource } from '../plan/secrets.ts'

/** `$${secret:NAME}` is the text `${secret:NAME}`. */
const REFERENCE = /(\$?)\$\{(secret|env|file):([^{}]*)\}/g

/** A text with something else in the place of each of its references. */
export const eachReference = (
  text: string,
  inPlaceOf: (source: SecretSource, name: string, written: string) => string,
): string =>
  text.includes('${')
    ? text.replace(REFERENCE, (written: string, escaped: string, source: SecretSource, name: string) =>
        escaped === '' ? inPlaceOf(source, name, written) : written.slice(1),
      )
    : text

/** Whether a text has a reference in it, of these sources. */
export function hasReference(text: string, sources: readonly SecretSource[] = ['secret', 'env', 'file']): boolean {
  let found = false
  eachReference(text, (source, _, written) => {
    found ||= sources.includes(source)
    return written
  })
  return found
}
