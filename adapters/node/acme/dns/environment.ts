import { readFileSync } from 'node:fs'
import { isGoFalse, isGoTrue } from '../../../../src/compiler/decode/scalar.ts'

/** Variables as lego reads them: `X`, or the content of the file that `X_FILE` names. */
export class Environment {
  readonly #env: Readonly<Record<string, string | undefined>>

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env
  }

  /** Of the first of these that is there; empty: none is. @throws Error where a file can't be read */
  text(...names: readonly string[]): string {
    for (const name of names) {
      const value = this.#env[name] ?? ''
      if (value !== '') return value
      const file = this.#env[`${name}_FILE`] ?? ''
      if (file === '') continue
      try {
        const content = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '')
        if (content !== '') return content
      } catch (error) {
        throw new Error(`${name}_FILE can’t be read: ${(error as NodeJS.ErrnoException).code}`)
      }
    }
    return ''
  }

  /** @throws Error where none of them is there */
  needed(provider: string, ...names: readonly string[]): string {
    const value = this.text(...names)
    if (value === '') throw new Error(`${provider}: some credentials information are missing: ${names[0]}`)
    return value
  }

  /**
   * What belongs together: a value for each of the groups of names.
   * @throws Error that names the first name of each group that has none
   */
  neededAll(provider: string, ...groups: readonly (readonly string[])[]): readonly string[] {
    const values = groups.map((names) => this.text(...names))
    const missing = groups.flatMap(([first = ''], at) => (values[at] === '' ? [first] : []))
    if (missing.length > 0) {
      throw new Error(`${provider}: some credentials information are missing: ${missing.join(',')}`)
    }
    return values
  }

  /** As Go reads booleans. @throws Error where it is none */
  flag(fallback: boolean, ...names: readonly string[]): boolean {
    const value = this.text(...names)
    if (value === '') return fallback
    if (isGoTrue(value)) return true
    if (isGoFalse(value)) return false
    throw new Error(`${names[0]} is neither true nor false`)
  }

  /** Whole seconds, as milliseconds. @throws Error where it is something else */
  seconds(fallbackMs: number, ...names: readonly string[]): number {
    return this.number(fallbackMs / 1000, ...names) * 1000
  }

  /** @throws Error where it is no whole number */
  number(fallback: number, ...names: readonly string[]): number {
    const value = this.text(...names)
    if (value === '') return fallback
    if (!/^\d{1,7}$/.test(value)) throw new Error(`${names[0]} is no whole number`)
    return Number(value)
  }

  /** For programs that are run. */
  get all(): Readonly<Record<string, string | undefined>> {
    return this.#env
  }
}
