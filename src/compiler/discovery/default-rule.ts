import type { TemplatePorts } from '../templates/ports.ts'
import { compileTemplate, isFailure, RULE_FUNCTIONS } from '../templates/template.ts'
import { type GoRecord, mapOf, type Value } from '../templates/values.ts'

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

/** Traefik's name for it, which stands in errors. */
const NAME = 'defaultRule'
/** It is rendered for each item, between two requests: some 10 ms at most. */
const MAX_STEPS = 100_000

/**
 * The rule template of an option (Traefik `pkg/provider/configuration.go`). Throws an Error with the words of Go's
 * templates where it is none.
 */
export const compileRuleTemplate = (text: string, ports: TemplatePorts): RuleTemplate => {
  const template = compileTemplate(NAME, text, RULE_FUNCTIONS, MAX_STEPS)
  if (isFailure(template)) throw new Error(template.message)
  return {
    render(data) {
      const rendered = template.render(recordOf(data), ports)
      if (isFailure(rendered)) throw new Error(rendered.message)
      return rendered.text
    },
  }
}

function recordOf({ Name, ContainerName, Labels }: RuleData): GoRecord {
  const fields: [name: string, type: string, value: Value][] = [
    ['Name', 'string', Name],
    ...(ContainerName === undefined ? [] : [['ContainerName', 'string', ContainerName] as [string, string, Value]]),
    ['Labels', 'map[string]string', mapOf(new Map(Object.entries(Labels)), 'map[string]string')],
  ]
  return {
    kind: 'record',
    type: `struct { ${fields.map(([name, type]) => `${name} ${type}`).join('; ')} }`,
    fields: new Map(fields.map(([name, , value]) => [name, value])),
  }
}
