import type { Derived } from '../derived.ts'
import type { KubernetesObject } from './objects.ts'

/** The status that an object should have. */
export interface StatusUpdate {
  /** As it was read. */
  readonly object: KubernetesObject
  /** Fields of `status` that are to have these values; others stay. */
  readonly status: Readonly<Record<string, unknown>>
}

/** What a provider finds that writes into the status of objects. */
export interface DerivedWithStatus extends Derived {
  readonly statuses: readonly StatusUpdate[]
}
