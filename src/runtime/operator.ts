import type { ManualSwitch, OperatorView, ServerStanding } from '../contracts/operator.ts'
import type { Clock } from '../contracts/ports.ts'

/** A server by its service and URL. */
export interface ServerName {
  readonly service: string
  /** Of TCP and UDP servers the address. */
  readonly url: string
}

/** What a service is called here: services of different protocols may have one name. */
export const serviceKey = (protocol: 'http' | 'tcp' | 'udp', name: string): string =>
  protocol === 'http' ? name : `${protocol} ${name}`

/** Everything that is switched by hand, as one value: how it is kept in KV. */
export interface OperatorState {
  readonly drained: readonly ServerName[]
  /** By qualified name. */
  readonly middlewares: Readonly<Record<string, boolean>>
}

/** Snapshots hold on to the objects given out here and see every later change. */
export class Operator implements OperatorView {
  readonly #clock: Pick<Clock, 'now'>
  readonly #services = new Map<string, Servers>()
  readonly #middlewares = new Map<string, Mutable<ManualSwitch>>()
  /** What has been said of names that nobody has asked for yet. */
  #said: OperatorState = { drained: [], middlewares: {} }
  /** Counts snapshots. */
  #round = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  server(service: string, url: string): ServerStanding {
    let servers = this.#services.get(service)
    if (servers === undefined) {
      servers = { settled: false, round: 0, byUrl: new Map() }
      this.#services.set(service, servers)
    }
    let standing = servers.byUrl.get(url)
    if (standing === undefined) {
      const drained = this.#said.drained.some((named) => named.service === service && named.url === url)
      standing = { drained, joinedAt: servers.settled ? this.#clock.now() : null, round: 0 }
      servers.byUrl.set(url, standing)
    }
    return standing
  }

  middleware(name: string): ManualSwitch {
    let manual = this.#middlewares.get(name)
    if (manual === undefined) {
      manual = { on: Object.hasOwn(this.#said.middlewares, name) ? this.#said.middlewares[name]! : null }
      this.#middlewares.set(name, manual)
    }
    return manual
  }

  state(): OperatorState {
    const drained = [...this.#services].flatMap(([service, { byUrl }]) =>
      [...byUrl].filter(([, standing]) => standing.drained).map(([url]) => ({ service, url })),
    )
    const switched = [...this.#middlewares].filter(([, { on }]) => on !== null)
    return { drained, middlewares: Object.fromEntries(switched.map(([name, { on }]) => [name, on === true])) }
  }

  /** Drains a server or takes it back in; false: no service in force has it. */
  drain(service: string, url: string, drained: boolean): boolean {
    const standing = this.#services.get(service)?.byUrl.get(url)
    if (standing === undefined) return false
    this.#set(standing, drained)
    return true
  }

  /** Whoever is taken back in joins anew. */
  #set(standing: Mutable<ServerStanding>, drained: boolean): void {
    if (standing.drained && !drained) standing.joinedAt = this.#clock.now()
    standing.drained = drained
  }

  /** Switches a middleware by hand; null: as configured again. */
  turn(name: string, on: boolean | null): void {
    ;(this.middleware(name) as Mutable<ManualSwitch>).on = on
  }

  /** Takes a whole state over, as read from shared storage; whatever it does not name is as configured. */
  adopt(state: OperatorState): void {
    this.#said = state
    for (const [service, { byUrl }] of this.#services) {
      for (const [url, standing] of byUrl) {
        this.#set(
          standing,
          state.drained.some((named) => named.service === service && named.url === url),
        )
      }
    }
    for (const [name, manual] of this.#middlewares) {
      manual.on = Object.hasOwn(state.middlewares, name) ? state.middlewares[name]! : null
    }
  }

  /** A snapshot is in force: what it does not have is forgotten, and servers that come later have joined. */
  settle(servers: readonly ServerName[]): void {
    const round = ++this.#round
    for (const { service, url } of servers) {
      const known = this.#services.get(service)
      const standing = known?.byUrl.get(url)
      if (known === undefined || standing === undefined) continue
      known.round = round
      standing.round = round
    }
    for (const [service, known] of this.#services) {
      if (known.round !== round) {
        this.#services.delete(service)
        continue
      }
      known.settled = true
      for (const [url, standing] of known.byUrl) if (standing.round !== round) known.byUrl.delete(url)
    }
  }
}

interface Servers {
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
