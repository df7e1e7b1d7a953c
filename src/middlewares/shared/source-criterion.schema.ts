import * as z from 'zod'
import { PrepareError } from '../../schema/element.ts'
import { flag, text } from '../../schema/scalars.ts'
import { ipStrategyOptions, prepareIpStrategy } from './ip-strategy.schema.ts'
import type { SourceConfig } from './source-criterion.ts'

/** `sourceCriterion`, an option of several middlewares. */
export const sourceCriterionOptions = z
  .strictObject({
    ipStrategy: ipStrategyOptions.optional().describe('Count by the address of the client.'),
    requestHeaderName: text().optional().describe('Count by the value of this request field.'),
    requestHost: flag().optional().describe('Count by the host of the request, with its port.'),
  })
  .meta({ typeName: '*dynamic.SourceCriterion' })

/**
 * Options become run-time configuration, `otherwise` where nothing is chosen. Throws `PrepareError` behind `context`
 * for two criteria at once.
 */
export function prepareSource(
  options: z.output<typeof sourceCriterionOptions> | undefined,
  otherwise: SourceConfig,
  context: string,
): SourceConfig {
  const { ipStrategy, requestHeaderName = '', requestHost = false } = options ?? {}
  const exclude = (both: string) => new PrepareError(`${context}${both} are mutually exclusive`)
  if (ipStrategy !== undefined && requestHeaderName !== '') throw exclude('iPStrategy and RequestHeaderName')
  if (ipStrategy !== undefined && requestHost) throw exclude('iPStrategy and RequestHost')
  if (requestHeaderName !== '' && requestHost) throw exclude('requestHost and RequestHeaderName')
  if (ipStrategy !== undefined) return { by: 'address', ipStrategy: prepareIpStrategy(ipStrategy, context) }
  if (requestHeaderName !== '') return { by: 'field', name: requestHeaderName }
  return requestHost ? { by: 'host' } : otherwise
}
