import { PrepareError } from '../../schema/element.ts'

/** Throws `PrepareError` for what is no name of a field: it would never be sent. */
export function fieldName(name: string, directive: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return name
  throw new PrepareError(`${directive} directive has an invalid header name ${JSON.stringify(name)}`)
}
