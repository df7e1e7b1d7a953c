import type { ConfigProblem } from '../../plan/problem.ts'
import { decodeGoJson, parseGoJson, shownGoJson, withZeros } from '../decode/go-json.ts'
import { type BlockShape, shapeOf } from '../decode/shape.ts'
import { type DynamicConfig, dynamicSchema } from './dynamic.ts'

/** A configuration that somebody put as JSON. */
export interface RestConfig {
  readonly config: DynamicConfig
  /** As Go writes it: what was given and nothing else. */
  readonly shown: unknown
  /** Names that are none. */
  readonly problems: readonly ConfigProblem[]
}

const shape = shapeOf(dynamicSchema) as BlockShape

/**
 * Reads JSON as the REST provider takes it (Traefik v3.7 `pkg/provider/rest`): plainly, no defaults are filled in.
 * @throws GoJsonFault
 */
export const readRestConfig = (text: string): RestConfig => {
  const { given, problems } = decodeGoJson(shape, parseGoJson(text))
  return { config: withZeros(shape, given) as DynamicConfig, shown: shownGoJson(shape, given), problems }
}
