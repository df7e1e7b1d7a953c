/** Why a rule is refused. */
export class RuleError extends Error {
  /** 1-based, in UTF-8 bytes of the rule text, line breaks included. */
  readonly column: number
  /** What was probably meant; null when there is nothing to say. */
  readonly hint: string | null

  /** `message` is what Traefik's API shows. */
  constructor(message: string, column: number, hint: string | null) {
    super(message)
    this.name = 'RuleError'
    this.column = column
    this.hint = hint
  }
}

/** A refusal on its way out of the parser, before the rule's text is put around it. */
export class RuleFault extends Error {
  /** UTF-16 offset in the rule text. */
  readonly at: number
  readonly hint: string | null

  constructor(message: string, at: number, hint: string | null = null) {
    super(message)
    this.name = 'RuleFault'
    this.at = at
    this.hint = hint
  }
}
