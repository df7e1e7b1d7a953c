/** Why a plugin can't be had, and what could be used in its place. */
export class PluginRefused extends Error {
  readonly hint: string | null

  constructor(message: string, hint: string | null) {
    super(message)
    this.name = 'PluginRefused'
    this.hint = hint
  }
}
