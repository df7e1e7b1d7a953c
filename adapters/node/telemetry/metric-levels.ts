import type { Level } from '../../../src/telemetry/metrics/meter.ts'

/** What a back end shows of what is counted. */
export interface LevelOptions {
  readonly addEntryPointsLabels: boolean
  readonly addRoutersLabels?: boolean | undefined
  readonly addServicesLabels: boolean
}

/** The levels that a back end wants. */
export const levelsOf = (options: LevelOptions): ReadonlySet<Level> =>
  new Set([
    ...(options.addEntryPointsLabels ? (['entrypoint'] as const) : []),
    ...(options.addRoutersLabels === true ? (['router'] as const) : []),
    ...(options.addServicesLabels ? (['service'] as const) : []),
  ])
