import type { Findings } from './findings.ts'
import type { World } from './world.ts'

/** What is at hand where one object is read. */
export interface ObjectScope {
  /** What is read of it is what the result hangs on. */
  readonly world: World
  readonly namespace: string
  readonly findings: Findings
}
