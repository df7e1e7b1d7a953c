import { toJson } from '../../../src/api/json.ts'
import { GoJsonFault } from '../../../src/compiler/decode/go-json.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { readRestConfig } from '../../../src/compiler/dynamic/rest.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'

/** What a text that was put to the REST provider says. */
export type RestRead =
  | {
      readonly fault: null
      readonly config: DynamicConfig
      readonly problems: readonly ConfigProblem[]
      /** As Go would write it. */
      readonly shown: string
    }
  /** Why it can't be taken. */
  | { readonly fault: string }

export function readRest(text: string): RestRead {
  try {
    const { config, shown, problems } = readRestConfig(text)
    return { fault: null, config, problems, shown: toJson(shown) }
  } catch (error) {
    if (!(error instanceof GoJsonFault)) throw error
    return { fault: error.message }
  }
}
