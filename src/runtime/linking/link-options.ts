import type { HealthView } from '../../contracts/health-check.ts'
import type { Kinds } from '../../contracts/kinds.ts'
import type { Observer } from '../../contracts/observer.ts'
import type { OperatorView } from '../../contracts/operator.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Handler } from '../../http/handler.ts'
import type { LinkStreams } from '../streams.ts'
import type { Indexed } from './indexed-routes.ts'
import type { LinkMemory } from './link-memory.ts'

/** What a plan needs beside itself and what does not outlive it. */
export interface LinkParts {
  /** All kinds there are, or at least those that the plan names. */
  readonly kinds: Kinds
  /** Services that the management plane brings, by qualified name (`api@internal`). */
  readonly internal: ReadonlyMap<string, Handler>
  /** Who hears of exchanges; null: nobody. */
  readonly observer: Observer | null
  /** Of a plan that is read as it is needed; absent: it has been read. */
  readonly indexed?: Indexed
}

/** All that linking needs beside the plan. */
export interface LinkOptions extends LinkParts {
  readonly ports: Ports
  readonly health: HealthView
  readonly operator: OperatorView
  /** TCP and UDP; absent where there are no raw connections. */
  readonly streams?: LinkStreams
  /** Kept by who links again and again. */
  readonly memory?: LinkMemory
  /** Routers are linked when a request first comes near them, where they may. */
  readonly isLazy?: boolean
}
