import type { Kinds } from '../contracts/kinds.ts'
import { middlewareKinds } from '../middlewares/registry.ts'
import { serviceKinds } from '../services/registry.ts'

/** Everything a plan may name. The edge loads what its plan names instead. */
export const allKinds: Kinds = { middlewares: middlewareKinds, services: serviceKinds }
