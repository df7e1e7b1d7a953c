import type { ConfigProblem } from '../../plan/problem.ts'
import type { DynamicConfig } from '../dynamic/dynamic.ts'

/** What a provider finds: always the whole of it. */
export interface Derived {
  readonly config: DynamicConfig
  readonly problems: readonly ConfigProblem[]
}
