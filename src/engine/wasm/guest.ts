import {
  GuestExchange,
  type GuestRequest,
  type GuestResponse,
  type RequestOutcome,
  type ResponseOutcome,
} from './guest-exchange.ts'
import { GuestMemory, GuestTrap } from './guest-memory.ts'
import { type GuestLogLevel, type HandlerHost, handlerImports } from './handler-imports.ts'
import { GuestExit, unansweredWasi, type WasiFunction, type WasiHost, wasiImports } from './wasi-imports.ts'

const HANDLER = 'http_handler'
const WASI = 'wasi_snapshot_preview1'

/** What a guest is given of its surroundings. */
export interface GuestWorld extends Omit<WasiHost, 'memory'> {
  /** JSON text of its options. */
  readonly config: string
  /** Features that can't be had here. */
  readonly missing: number
  /** What the guest says, and what it prints. */
  log(level: GuestLogLevel, message: string): void
  /** Functions of WASI in the place of those that there are without files, which know standard streams alone. */
  readonly files?: (
    memory: WebAssembly.Memory,
    others: Readonly<Record<string, WasiFunction>>,
  ) => Readonly<Record<string, WasiFunction>>
}

/** What is known of a module before it runs. */
export interface GuestFacts {
  /** It may want to read content. */
  readonly readsContent: boolean
}

/**
 * Looks at what a module imports and exports.
 * @throws GuestTrap for one that is no handler
 */
export function factsOf(module: WebAssembly.Module): GuestFacts {
  const exports = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]))
  for (const name of ['handle_request', 'handle_response']) {
    if (exports.get(name) !== 'function') throw new GuestTrap(`wasm: guest doesn't export func[${name}]`)
  }
  if (exports.get('memory') !== 'memory') throw new GuestTrap("wasm: guest doesn't export memory[memory]")
  const imports = WebAssembly.Module.imports(module)
  for (const { module: from, name, kind } of imports) {
    const isKnown =
      kind === 'function' && (from === HANDLER ? HANDLER_NAMES : from === WASI ? WASI_NAMES : NONE).has(name)
    if (!isKnown) throw new GuestTrap(`wasm: the guest imports what is not here: ${from}.${name}`)
  }
  return { readsContent: imports.some(({ module: from, name }) => from === HANDLER && name === 'read_body') }
}

/** Names of functions; nothing is asked of them. */
const namesOf = (make: (host: never) => object): ReadonlySet<string> => new Set(Object.keys(make({} as never)))
const HANDLER_NAMES: ReadonlySet<string> = namesOf(handlerImports)
const WASI_NAMES: ReadonlySet<string> = new Set([...namesOf(wasiImports), ...Object.keys(unansweredWasi)])
const NONE: ReadonlySet<string> = new Set()

/** An instance of a module: one exchange at a time, memory that stays. */
export class Guest {
  readonly #host: HandlerHost & { exchange: GuestExchange | null }
  readonly #handleRequest: () => bigint
  readonly #handleResponse: (context: number, isError: number) => void
  #isBroken = false

  /** @throws GuestTrap, GuestExit or whatever its start functions end with */
  constructor(module: WebAssembly.Module, world: GuestWorld) {
    const memory = new GuestMemory()
    this.#host = {
      memory,
      config: new TextEncoder().encode(world.config),
      missing: world.missing,
      features: 0,
      exchange: null,
      log: (level, message) => world.log(level, message),
    }
    const { environment, clock } = world
    const wasi: WasiHost = {
      memory,
      environment,
      clock,
      random: (bytes) => world.random(bytes),
      print: (stream, line) => world.print(stream, line),
    }
    const files: Record<string, WasiFunction> = {}
    const others: Readonly<Record<string, WasiFunction>> = { ...unansweredWasi, ...wasiImports(wasi) }
    // Those for files need the memory, which is there only once there is an instance.
    const late = ([name, own]: [string, WasiFunction]) =>
      [name, (...args: never[]) => (files[name] ?? own)(...args)] as const
    const functions = world.files === undefined ? others : Object.fromEntries(Object.entries(others).map(late))
    const { exports } = new WebAssembly.Instance(module, {
      [HANDLER]: handlerImports(this.#host) as WebAssembly.ModuleImports,
      [WASI]: functions as WebAssembly.ModuleImports,
    })
    memory.attach(exports.memory as WebAssembly.Memory)
    Object.assign(files, world.files?.(exports.memory as WebAssembly.Memory, others))
    this.#handleRequest = exports.handle_request as () => bigint
    this.#handleResponse = exports.handle_response as (context: number, isError: number) => void
    this.#start(exports)
  }

  /** As its host in Traefik does it: one function after the other, where they are there. */
  #start(exports: WebAssembly.Exports): void {
    for (const name of ['_start', '_initialize']) {
      const start = exports[name]
      if (typeof start !== 'function') continue
      try {
        ;(start as () => void)()
      } catch (error) {
        // It has said that all is well, and can't be asked anything any more: that shows with the first request.
        if (!(error instanceof GuestExit && error.code === 0)) throw error
        this.#isBroken = true
      }
    }
  }

  /** Features of every exchange. */
  get features(): number {
    return this.#host.features
  }

  /** It ended, or a call of it did not: its memory is in whatever state it was left. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /**
   * Asks it about a request; where it goes on, the next call is `handleResponse`.
   * @throws what ended the call
   */
  handleRequest(request: GuestRequest): RequestOutcome {
    if (this.#isBroken) throw new GuestExit(0)
    const exchange = new GuestExchange(request, this.#host.features)
    this.#host.exchange = exchange
    const outcome = this.#calling(() => exchange.requestOutcome(this.#handleRequest()))
    if (outcome.next === null) this.#host.exchange = null
    return outcome
  }

  /** @throws what ended the call */
  handleResponse(context: number, response: GuestResponse): ResponseOutcome {
    const { exchange } = this.#host
    if (exchange === null) throw new GuestTrap('there is no request')
    exchange.answered(response)
    const outcome = this.#calling(() => {
      this.#handleResponse(context, response.isError ? 1 : 0)
      return exchange.responseOutcome()
    })
    this.#host.exchange = null
    return outcome
  }

  #calling<T>(call: () => T): T {
    try {
      return call()
    } catch (error) {
      this.#isBroken = true
      this.#host.exchange = null
      throw error
    }
  }
}
