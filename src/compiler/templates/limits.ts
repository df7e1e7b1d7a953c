/** Evaluated nodes of one rendering, and what functions do in the same measure: some 100 ns each. */
export const MAX_STEPS = 5_000_000
/** Characters of what a template gives, and of each text on the way. */
export const MAX_OUTPUT = 64 * 1024 * 1024
/** Characters that are made or looked at in one step. */
const CHARACTERS_A_STEP = 16
/** What a character takes that is looked at by itself. */
const RUNE_STEPS = 4
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

/** What a template may do is spent: no function may take that for an error of its own. */
export class LimitError extends CallError {}

/** What one rendering may still do. Whoever finds it spent throws `LimitError`. */
export class Budget {
  stepsLeft: number
  readonly #steps: number
  #outputLeft = MAX_OUTPUT

  constructor(steps: number) {
    this.#steps = steps
    this.stepsLeft = steps
  }

  spend(steps: number): void {
    this.stepsLeft -= steps
    if (this.stepsLeft < 0) throw new LimitError(`the template takes more than ${this.#steps} steps`)
  }

  /** Before a text of so many characters is made or looked at. */
  text(characters: number): void {
    if (characters > MAX_OUTPUT) throw new LimitError(`a text would have more than ${MAX_OUTPUT} characters`)
    this.spend(Math.ceil(characters / CHARACTERS_A_STEP))
  }

  /** Before so many characters are gone through one by one. */
  runes(count: number): void {
    this.spend(count * RUNE_STEPS)
  }

  /** Before a list or a map of so many elements is made or looked at. */
  elements(count: number): void {
    this.spend(Math.max(count, 0) * ELEMENT_STEPS)
  }

  output(characters: number): void {
    this.#outputLeft -= characters
    if (this.#outputLeft < 0) throw new LimitError(`the template gives more than ${MAX_OUTPUT} characters`)
  }

  /** On the way into a value that holds values. */
  descend(depth: number): void {
    this.spend(1)
    if (depth > MAX_DEPTH) throw new LimitError(`a value nests more than ${MAX_DEPTH} levels deep`)
  }
}
