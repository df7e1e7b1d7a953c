import * as z from 'zod'

/**
 * The notations that options share. The decoder reads `meta` (`compiler/decode`): it turns the texts of labels, flags
 * and files into the type an option has, so schemas here say what an option *is*.
 */

/** How a configuration is written down; some rules differ between them. */
export type Dialect = 'file' | 'label' | 'kv' | 'flag' | 'env'

/**
 * What zod's metadata carries here.
 * - `mayBeEmpty`: the block alone (`{}`, `true`, an empty label) switches it on with its defaults; an empty list is
 *   one.
 * - `notEmptyIn`: dialects in which `mayBeEmpty` does not hold.
 * - `mayBeCleared`: a literally empty block (`{}`) is accepted in files and clears what was there.
 * - `ignoredIn`: dialects that accept the option and do nothing with it.
 * - `takenByRest`: the REST provider takes it all the same where files ignore it.
 * - `labelName`: labels write one element of the list under this name.
 * - `typeName`: Traefik's name of the type, for its messages.
 * - `notation`: how a scalar is written where its JavaScript type does not tell.
 * - `bits`: width of a whole number in Traefik's types, signed; 64 where it is not said.
 * - `ours`: an option of Signalbox that Traefik does not have.
 */
export interface OptionMeta {
  readonly description?: string
  readonly mayBeEmpty?: boolean
  readonly notEmptyIn?: readonly Dialect[]
  readonly mayBeCleared?: boolean
  readonly ignoredIn?: readonly Dialect[]
  readonly takenByRest?: boolean
  readonly labelName?: string
  readonly typeName?: string
  readonly notation?: 'duration' | 'integer'
  readonly bits?: 32
  readonly ours?: boolean
}

/** A duration as canonical Go text (`1m30s`); written as whole seconds or in Go's notation. */
export const duration = () => z.string().meta({ notation: 'duration' })

/** A whole number of 64 bits; also written as text. Beyond 2^53 it is rounded. */
export const integer = () => z.number().int().meta({ notation: 'integer' })

/** A whole number of 32 bits (Go's `int32`). */
export const integer32 = () => z.number().int().meta({ notation: 'integer', bits: 32 })

/** A whole number of 64 bits: beyond 2^53 it stays a decimal string (router priorities). */
export const bigInteger = () => z.union([z.number().int(), z.string()]).meta({ notation: 'integer' })

/** A boolean in one of Go's spellings. */
export const flag = () => z.boolean()

/** A text; numbers and booleans are taken as their text. */
export const text = () => z.string()

/** A list of texts; in labels, flags and as a plain scalar it is comma-separated. */
export const texts = () => z.array(z.string())

/** A map of texts whose keys keep their case. */
export const textMap = () => z.record(z.string(), z.string())

/** A block that may be empty: `{}` or `true` switch it on; `notEmptyIn` names dialects in which it may not. */
export const emptyable = <S extends z.ZodType>(block: S, notEmptyIn?: readonly Dialect[]): S =>
  block.meta({ ...block.meta(), mayBeEmpty: true, ...(notEmptyIn === undefined ? {} : { notEmptyIn }) })

/** A block without options of its own that may be empty. */
export const emptyBlock = () => emptyable(z.strictObject({}))
