import type * as z from 'zod'

/**
 * The plan-time half of a kind: its options as Traefik spells them, and how they become what the run-time half takes
 * (expressions compiled, times in milliseconds, addresses parsed). `prepare` throws `PrepareError` for what Traefik
 * only notices when a router needs the element.
 */
export interface ElementSchema<S extends z.ZodType, C> {
  readonly schema: S
  readonly prepare: (options: z.output<S>, scope: PrepareScope) => C
}

export interface PrepareScope {
  /** Qualified name of the element: `auth@file`. */
  readonly name: string
  /** Completes a reference with the provider of the element that holds it: `auth` → `auth@file`. */
  qualify(name: string): string
  /** Reads a file that the configuration names; throws with the system's text. On the edge there are none. */
  readFile(path: string): string
  /** Status "warning". */
  warn(message: string): void
}

export const defineElement = <S extends z.ZodType, C>(element: ElementSchema<S, C>): ElementSchema<S, C> => element

/** Why an element cannot be built; the text is what Traefik's API shows. */
export class PrepareError extends Error {
  /** Qualified names of services that Traefik builds before it notices: what is wrong with them comes first. */
  readonly after: readonly string[]
  /** What to do about it. */
  readonly hint: string | null
  /** Where in the options it is. */
  readonly path: readonly (string | number)[]

  constructor(
    message: string,
    after: readonly string[] = [],
    hint: string | null = null,
    path: readonly (string | number)[] = [],
  ) {
    super(message)
    this.name = 'PrepareError'
    this.after = after
    this.hint = hint
    this.path = path
  }
}
