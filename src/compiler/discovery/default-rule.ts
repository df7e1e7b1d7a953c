import { normalize } from './normalize.ts'

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

/** The rule template of an option. Throws an Error with the words of Go's templates where it is none. */
export const compileRuleTemplate = (text: string): RuleTemplate => {
  if (text !== 'Host(`{{ normalize .Name }}`)') throw new Error('other default rules are not available yet')
  return { render: ({ Name }) => `Host(\`${normalize(Name)}\`)` }
}
