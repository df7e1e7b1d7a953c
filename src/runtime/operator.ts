import type { ManualSwitch, OperatorView, ServerStanding } from '../contracts/operator.ts'
import type { Clock } from '../contracts/ports.ts'

/** A server by its service and URL. */
export interface ServerName {
  readonly service: string
  /** Of TCP and UDP servers the address. */
  readonly url: string
}

/** Everything that is switched by hand, as one value: how it is kept in KV. */
export interface OperatorState {
  readonly drained: readonly ServerName[]
  /** By qualified name. */
  readonly middlewares: Readonly<Record<string, boolean>>
}

/**
 * Snapshots hold on to the objects given out here and see every later change (`operator-control.ts`).
 */
export class Operator implements OperatorView {
  readonly clock: Pick<Clock, 'now'>
  readonly services = new Map<string, Servers>()
  readonly middlewares = new Map<string, Mutable<ManualSwitch>>()
  /** What has been said of names that nobody has asked for yet. */
  said: OperatorState = { drained: [], middlewares: {} }
  /** Counts snapshots. */
  #round = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.clock = clock
  }

  server(service: string, url: string): ServerStanding {
    let servers = this.services.get(service)
    if (servers === undefined) {
      servers = { settled: false, round: 0, byUrl: new Map() }
      this.services.set(service, servers)
    }
    let standing = servers.byUrl.get(url)
    if (standing === undefined) {
      const drained = this.said.drained.some((named) => named.service === service && named.url === url)
      standing = { drained, joinedAt: servers.settled ? this.clock.now() : null, round: 0 }
      servers.byUrl.set(url, standing)
    }
    return standing
  }

  middleware(name: string): ManualSwitch {
    let manual = this.middlewares.get(name)
    if (manual === undefined) {
      manual = { on: Object.hasOwn(this.said.middlewares, name) ? this.said.middlewares[name]! : null }
      this.middlewares.set(name, manual)
    }
    return manual
  }

  /** A snapshot is in force: what it does not have is forgotten, and servers that come later have joined. */
  settle(servers: readonly ServerName[]): void {
    const round = ++this.#round
    for (const { service, url } of servers) {
      const known = this.services.get(service)
      const standing = known?.byUrl.get(url)
      if (known === undefined || standing === undefined) continue
      known.round = round
      standing.round = round
    }
    for (const [service, known] of this.services) {
      if (known.round !== round) {
        this.services.delete(service)
        continue
      }
      known.settled = true
      for (const [url, standing] of known.byUrl) if (standing.round !== round) known.byUrl.delete(url)
    }
  }
}

export interface Servers {
  /** It has been in force. */
  settled: boolean
  /** The last snapshot that has it. */
  round: number
  readonly byUrl: Map<string, Standing>
}

interface Standing extends Mutable<ServerStanding> {
  /** The last snapshot that has it. */
  round: number
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
