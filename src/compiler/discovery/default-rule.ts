/** A rule for routers without one. */
export interface RuleTemplate {
  /** Throws an Error with the words of Go's templates. */
  render(data: RuleData): string
}

/** What the template of a default rule sees. */
export interface RuleData {
  readonly Name: string
  readonly Labels: Readonly<Record<string, string>>
  /** Of Docker only. */
  readonly ContainerName?: string
}
