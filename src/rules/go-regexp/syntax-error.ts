/** Why Go refuses a regular expression; the message is Go's (`error parsing regexp: missing closing ): ...`). */
export class RegexpSyntaxError extends Error {
  constructor(reason: string, part: string) {
    super(`error parsing regexp: ${reason}: \`${part}\``)
    this.name = 'RegexpSyntaxError'
  }
}
