/** Evaluated nodes of one rendering, and what functions do in the same measure: about a microsecond each. */
const MAX_STEPS = 5_000_000
/** Characters of what a template gives, and of each text on the way. */
export const MAX_OUTPUT = 64 * 1024 * 1024
/** Characters that are made or looked at in one step. */
const CHARACTERS_A_STEP = 16
/** What an element of a list takes, as memory is what it costs. */
const ELEMENT_STEPS = 10
/** Nested calls of templates, parentheses, blocks and values: the stack of the program bounds them. */
export const MAX_DEPTH = 500

/** What a function refuses: Go's errors and panics of functions. The message is Go's where Go has one. */
export class CallError extends Error {
  /** What to do about it; null when the message says it all. */
  readonly hint: string | null
  constructor(message: string, hint: string | null = null) {
    super(message)
    this.name = 'CallError'
    this.hint = hint
  }
}

/** What one rendering may still do. Whoever finds it spent throws `CallError`. */
export class Budget {
  stepsLeft = MAX_STEPS
  #outputLeft = MAX_OUTPUT

  spend(steps: number): void {
    this.stepsLeft -= steps
    if (this.stepsLeft < 0) throw new CallError(`the template takes more than ${MAX_STEPS} steps`)
  }

  /** Before a text of so many characters is made or looked at. */
  text(characters: number): void {
    if (characters > MAX_OUTPUT) throw new CallError(`a text would have more than ${MAX_OUTPUT} characters`)
    this.spend(Math.ceil(characters / CHARACTERS_A_STEP))
  }

  /** Before a list or a map of so many elements is made or looked at. */
  elements(count: number): void {
    this.spend(Math.max(count, 0) * ELEMENT_STEPS)
  }

  output(characters: number): void {
    this.#outputLeft -= characters
    if (this.#outputLeft < 0) throw new CallError(`the template gives more than ${MAX_OUTPUT} characters`)
  }

  /** On the way into a value that holds values. */
  descend(depth: number): void {
    this.spend(1)
    if (depth > MAX_DEPTH) throw new CallError(`a value nests more than ${MAX_DEPTH} levels deep`)
  }
}
