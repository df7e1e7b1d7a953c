import type { HealthCheck, HealthView } from '../../contracts/health-check.ts'
import type { BuildScope, Resources, Service } from '../../contracts/kinds.ts'
import type { Observer } from '../../contracts/observer.ts'
import type { ManualSwitch, OperatorView, ServerStanding } from '../../contracts/operator.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { Middleware } from '../../http/handler.ts'

/** What the linker does for whoever is built. */
export interface Building {
  service(name: string): Service
  chain(names: readonly string[], user: string, stack: readonly string[]): Middleware
  once<T>(element: string, create: () => T): T
  open<K extends keyof Resources>(kind: K, options: Resources[K]['options']): Resources[K]['opened']
  server(service: string, url: string): void
  watch(check: HealthCheck): void
}

/** What is there for all of them, before and after. */
interface Surroundings {
  readonly ports: Ports
  readonly health: HealthView
  readonly observer: Observer | null
  readonly operator: OperatorView
}

/** The linker as one element sees it while it is built. Its functions need no `this`: kinds take them apart. */
export class Scope implements BuildScope {
  readonly name: string
  readonly user: string
  /** Null once it has been built: elements live on in other snapshots, and would keep a whole plan each. */
  #building: Building | null
  readonly #around: Surroundings
  readonly #stack: readonly string[]
  readonly #warned: { warn(message: string): void } | undefined

  /** @param stack the middlewares that it is inside of and itself; empty for a service */
  constructor(
    building: Building,
    around: Surroundings,
    name: string,
    user: string,
    stack: readonly string[],
    warned: { warn(message: string): void } | undefined,
  ) {
    this.name = name
    this.user = user
    this.#building = building
    this.#around = around
    this.#stack = stack
    this.#warned = warned
  }

  /** The element has been built. */
  end(): void {
    this.#building = null
  }

  get ports(): Ports {
    return this.#around.ports
  }

  get health(): HealthView {
    return this.#around.health
  }

  get observer(): Observer | null {
    return this.#around.observer
  }

  get manual(): ManualSwitch {
    return this.#around.operator.middleware(this.name)
  }

  readonly service = (name: string): Service => this.#building!.service(name)

  readonly chain = (names: readonly string[]): Middleware => this.#building!.chain(names, this.user, this.#stack)

  readonly once = <T>(create: () => T): T =>
    this.#building!.once(`${this.#stack.length > 0 ? 'middleware' : 'service'} ${this.name}`, create)

  readonly server = (url: string): ServerStanding => {
    this.#building!.server(this.name, url)
    return this.#around.operator.server(this.name, url)
  }

  readonly watch = (check: HealthCheck): void => this.#building!.watch(check)

  readonly warn = (message: string): void => this.#warned?.warn(message)

  readonly open = <K extends keyof Resources>(kind: K, options: Resources[K]['options']): Resources[K]['opened'] =>
    this.#building!.open(kind, options)
}
