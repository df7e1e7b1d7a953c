import { nodeTemplatePorts } from '../../adapters/node/templates.ts'
import type { TemplatePorts } from '../../src/compiler/templates/ports.ts'
import { compileTemplate, FILE_FUNCTIONS, isFailure } from '../../src/compiler/templates/template.ts'
import type { Value } from '../../src/compiler/templates/values.ts'

/** A machine with these variables on which it is UTC. */
export const templatePorts = (
  variables: Readonly<Record<string, string>> = {},
  more: Partial<TemplatePorts> = {},
): TemplatePorts => ({
  ...nodeTemplatePorts(),
  variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
  timeZone: 'UTC',
  ...more,
})

/** What a template of a file gives, or the message of its failure. */
export function rendered(text: string, ports = templatePorts(), data: Value = false): string {
  const template = compileTemplate('f.yml', text, FILE_FUNCTIONS)
  const result = isFailure(template) ? template : template.render(data, ports)
  return isFailure(result) ? result.message : result.text
}
