import type { OptionsIssue, OptionsSchema } from '../../contracts/plugin.ts'

/** What a plugin makes of its options, or what is wrong with them. */
export type CheckedOptions =
  | { readonly options: unknown; readonly faults: readonly [] }
  | { readonly options: null; readonly faults: readonly OptionsFault[] }

export interface OptionsFault {
  readonly message: string
  /** Keys within the options. */
  readonly path: readonly (string | number)[]
}

/** Texts that are taken for what they say, one round for what a look at the result brings up. */
const MOST_ROUNDS = 8

/**
 * Has a plugin's schema check options. Sources that only know texts (labels, keys, and Traefik's files: whatever
 * stands there reaches a plugin as a text) are met halfway: a text that the schema refuses is offered as the number, the
 * boolean or the list that it says, as Traefik's plugins in Go have it.
 */
export function checkOptions(
  { options: schema }: { readonly options?: OptionsSchema | undefined },
  written: unknown,
): CheckedOptions {
  if (schema === undefined) {
    const names = Object.keys((written ?? {}) as object)
    const faults = names.map((name) => ({ message: 'the plugin takes no options', path: [name] }))
    return faults.length === 0 ? { options: {}, faults: [] } : { options: null, faults }
  }
  let value: unknown = written ?? {}
  for (let round = 1; ; round++) {
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise) {
      result.catch(() => undefined)
      return refused([
        { message: 'the plugin checks its options too late: its schema answers with a promise', path: [] },
      ])
    }
    if (result.issues === undefined) return { options: result.value, faults: [] }
    const faults = result.issues.flatMap(faultsOf)
    let isOtherwise = false
    for (const { path } of faults) {
      const offered = asWritten(value, path)
      if (offered === null) continue
      value = offered.value
      isOtherwise = true
    }
    if (!isOtherwise || round === MOST_ROUNDS) return refused(faults)
  }
}

const refused = (faults: readonly OptionsFault[]): CheckedOptions => ({ options: null, faults })

/** Keys that are too much are found where they stand. */
function faultsOf({ message, path = [], keys = [] }: OptionsIssue): readonly OptionsFault[] {
  const at = path.map((step) => {
    const key = typeof step === 'object' ? step.key : step
    return typeof key === 'number' ? key : String(key)
  })
  if (keys.length === 0) return [{ message, path: at }]
  return keys.map((key) => ({ message: `Unrecognized key: ${JSON.stringify(key)}`, path: [...at, key] }))
}

/** The options with the text at a path taken for what it says; null: there is no such text. */
function asWritten(root: unknown, path: readonly (string | number)[]): { readonly value: unknown } | null {
  const [step, ...rest] = path
  if (step === undefined) {
    const value = typeof root === 'string' ? meant(root) : undefined
    return value === undefined ? null : { value }
  }
  if (typeof root !== 'object' || root === null || !Object.hasOwn(root, step)) return null
  const inner = asWritten((root as Record<string | number, unknown>)[step], rest)
  if (inner === null) return null
  if (Array.isArray(root)) return { value: root.map((item, at) => (at === Number(step) ? inner.value : item)) }
  return { value: { ...root, [step]: inner.value } }
}

/** A number, a boolean, or a list of texts; undefined: just a text. */
function meant(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text)) return Number(text)
  return text.includes(',') ? text.split(',').map((part) => part.trim()) : [text]
}
