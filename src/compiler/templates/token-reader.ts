import { Lexer, type Token } from './lexer.ts'

/** The tokens of a template with the few that the parser has to look ahead. */
export class TokenReader {
  readonly #lexer: Lexer
  /** Those that were read ahead, the newest first. */
  readonly #tokens: Token[] = []
  #ahead = 0

  constructor(text: string) {
    this.#lexer = new Lexer(text)
  }

  /** The one that was read last, also if it was only looked at: errors are on its line. */
  get newest(): Token {
    return this.#tokens[0]!
  }

  next(): Token {
    if (this.#ahead > 0) this.#ahead--
    else this.#tokens[0] = this.#lexer.next()
    return this.#tokens[this.#ahead]!
  }

  /** Puts the token that was read last back, and those before it, the newest first. */
  backup(...before: Token[]): void {
    if (before.length === 0) this.#ahead++
    else this.#ahead = before.length + 1
    before.forEach((token, at) => {
      this.#tokens[at + 1] = token
    })
  }

  peek(): Token {
    const token = this.next()
    this.backup()
    return token
  }

  nextNonSpace(): Token {
    let token = this.next()
    while (token.kind === 'space') token = this.next()
    return token
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace()
    this.backup()
    return token
  }
}
