import { ALL_UP, type HealthKeeper } from '../contracts/health-check.ts'
import type { Ports } from '../contracts/ports.ts'
import { EMPTY_PLAN } from '../plan/empty.ts'
import type { Plan } from '../plan/plan.ts'
import type { LinkMemory } from './linking/link-memory.ts'
import type { LinkOptions, LinkParts } from './linking/link-options.ts'
import { link } from './linking/linker.ts'
import { Operator } from './operator.ts'
import type { Snapshot } from './snapshot.ts'
import type { LinkStreams } from './streams.ts'
import { Switch } from './switch.ts'

/** What a runtime brings. */
export interface HostOptions {
  readonly ports: Ports
  /** What checks find; absent: nobody checks. */
  readonly health?: HealthKeeper
  /** How TCP and UDP are linked; absent where there are no raw connections. */
  readonly streams?: (state: Pick<Host, 'health' | 'operator'>) => LinkStreams
  /** What one snapshot takes over from another; absent: each is linked from nothing. */
  readonly memory?: LinkMemory
  /** As in `LinkOptions`. */
  readonly isLazy?: boolean
}

/**
 * Where a plan is in force: links it, puts it in the place of the one before, and keeps what outlives a snapshot (the
 * states of servers, what operators say by hand). Every runtime is a thin shell over it that brings the ports, calls
 * `apply` and runs the checks of `switch.current`.
 */
export class Host {
  /** What snapshots that are linked from now on go by. */
  health: HealthKeeper
  readonly operator: Operator
  readonly switch: Switch
  readonly #options: HostOptions

  constructor(options: HostOptions) {
    this.#options = options
    this.health = options.health ?? ALL_UP
    this.operator = new Operator(options.ports.clock)
    this.switch = new Switch(link(EMPTY_PLAN, this.linkOptions(NO_PARTS)))
    this.switch.onSwap(({ servers, checks }) => {
      this.operator.settle(servers)
      this.health.retain(new Set(checks.map((check) => check.key)))
    })
  }

  get ports(): Ports {
    return this.#options.ports
  }

  /** Links a plan at once and puts it in force; what is under way ends on the snapshot it began on. Total, as `link`. */
  apply(plan: Plan, parts: LinkParts = NO_PARTS): Snapshot {
    return this.put(link(plan, this.linkOptions(parts)))
  }

  /** Puts what was linked in force. */
  put(snapshot: Snapshot): Snapshot {
    this.switch.swap(snapshot)
    return snapshot
  }

  /** All that linking needs beside the plan. */
  linkOptions(parts: LinkParts): LinkOptions {
    const { ports, streams, memory, isLazy = false } = this.#options
    const { health, operator } = this
    const kept = memory === undefined ? {} : { memory }
    return {
      ...parts,
      ...kept,
      isLazy,
      ports,
      health,
      operator,
      ...(streams === undefined ? {} : { streams: streams(this) }),
    }
  }
}

/** What a plan without elements needs. */
const NO_PARTS: LinkParts = { kinds: { middlewares: {}, services: {} }, internal: new Map(), observer: null }
