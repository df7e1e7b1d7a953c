import { ConfigError } from '../../contracts/kinds.ts'

/** What is noted of an element that can't be built: every report of a kind of element takes it. */
interface Blamed {
  readonly errors: readonly string[]
  disable(reason: string): void
}

/**
 * A reason that is shown on whoever needs the element and not on the element itself; one level up it is like any other.
 */
export class BlameUser extends ConfigError {}

/**
 * Nothing is wrong with the element that was being built when it got too much: only with the router or the shared
 * element that needs so many.
 */
export class TooMuch extends ConfigError {}

/** Elements inside one another: what is deeper has no room on the stack. */
export const MAX_DEPTH = 500

/**
 * Builds elements by name while a snapshot is linked: those that are shared once, and none inside itself. What fails is
 * disabled with its reason, and so is whatever needs it, since the failure goes on to there.
 */
export class Resolver {
  /** What is being built, from the outside in: `service:a@file`, `middleware:b@file`. */
  readonly #stack: string[] = []
  readonly #shared = new Map<string, { readonly built: unknown } | ConfigError>()

  /** An instance for everybody who asks for that name. Throws `ConfigError`, for each of them. */
  shared<T>(kind: string, name: string, report: Blamed | undefined, build: () => T): T {
    const step = `${kind}:${name}`
    const known = this.#shared.get(step)
    if (known instanceof ConfigError) {
      const reasons = report?.errors ?? []
      throw known instanceof BlameUser || reasons.length === 0 ? known : new ConfigError(reasons.join(', '))
    }
    if (known !== undefined) return known.built as T
    return this.#build(kind, name, step, report, build, true)
  }

  /** An instance for this caller alone. Throws `ConfigError`. */
  fresh<T>(kind: string, name: string, report: Blamed | undefined, build: () => T): T {
    return this.#build(kind, name, `${kind}:${name}`, report, build, false)
  }

  #build<T>(
    kind: string,
    name: string,
    step: string,
    report: Blamed | undefined,
    build: () => T,
    isShared: boolean,
  ): T {
    const stack = this.#stack
    if (stack.length >= MAX_DEPTH)
      throw new TooMuch(`more than ${MAX_DEPTH} middlewares and services inside one another`)
    if (stack.includes(step)) {
      const cycle = [...stack, step].join('->')
      const failure = new ConfigError(`could not instantiate ${kind} ${name}: recursion detected in ${cycle}`)
      report?.disable(failure.message)
      throw failure
    }
    stack.push(step)
    try {
      const built = build()
      if (isShared) this.#shared.set(step, { built })
      return built
    } catch (error) {
      if (error instanceof TooMuch && !isShared) throw error
      const failure = error instanceof BlameUser ? error : new ConfigError(reasonOf(error))
      if (isShared) this.#shared.set(step, failure)
      if (!(failure instanceof BlameUser)) report?.disable(failure.message)
      throw failure instanceof BlameUser && stack.length > 1 ? new ConfigError(failure.message) : failure
    } finally {
      stack.pop()
    }
  }
}

/** The text of whatever was thrown. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
