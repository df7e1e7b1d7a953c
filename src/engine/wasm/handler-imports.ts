import type { GuestExchange } from './guest-exchange.ts'
import { TRAILERS } from './guest-exchange.ts'
import { type GuestMemory, GuestTrap } from './guest-memory.ts'

/** What the functions of the handler ABI work on: one guest. */
export interface HandlerHost {
  readonly memory: GuestMemory
  /** JSON, in UTF-8. */
  readonly config: Uint8Array
  /** Features that can't be had here. */
  readonly missing: number
  /** Those of every exchange. */
  features: number
  /** Null: the guest starts, or nobody asked it anything. */
  readonly exchange: GuestExchange | null
  log(level: GuestLogLevel, message: string): void
}

/** As Traefik translates them. */
export type GuestLogLevel = 'debug' | 'info' | 'warn' | 'error'

/** From -1. */
const LEVELS: readonly GuestLogLevel[] = ['debug', 'info', 'warn', 'error', 'error']

/** Characters of a message that are told. */
const MOST_LOGGED = 4096

/** The functions of the module `http_handler` (http-wasm handler ABI). Numbers are as WebAssembly has them: signed. */
export function handlerImports(host: HandlerHost): Record<string, (...args: never[]) => number | bigint | undefined> {
  const { config } = host
  const exchange = (): GuestExchange => {
    if (host.exchange === null) throw new GuestTrap('there is no request')
    return host.exchange
  }
  const text = (at: number, length: number, what: string) => host.memory.latin1(at, length, what)
  const field =
    (change: 'setField' | 'addField') =>
    (kind: number, name: number, nameLen: number, value: number, valueLen: number) => {
      exchange()[change](kind, text(name, nameLen, 'name'), text(value, valueLen, 'value'))
      return undefined
    }
  const imports: Record<string, (...args: never[]) => number | bigint | undefined> = {
    enable_features(bits: number) {
      const of = host.exchange ?? host
      of.features |= bits & ~host.missing
      return of.features
    },
    get_config: (buf: number, limit: number) => host.memory.put(buf, limit, config),
    log_enabled: () => 1,
    log(level: number, message: number, length: number) {
      const shown = host.memory.utf8(message, Math.min(length >>> 0, MOST_LOGGED), 'message')
      host.log(LEVELS[level + 1] ?? 'error', shown)
      return undefined
    },
    get_method: (buf: number, limit: number) => host.memory.putLatin1(buf, limit, exchange().method),
    set_method(at: number, length: number) {
      exchange().setMethod(text(at, length, 'method'))
      return undefined
    },
    get_uri: (buf: number, limit: number) => host.memory.putLatin1(buf, limit, exchange().target),
    set_uri(at: number, length: number) {
      exchange().setTarget(text(at, length, 'uri'))
      return undefined
    },
    get_protocol_version: (buf: number, limit: number) => host.memory.putLatin1(buf, limit, exchange().version),
    get_source_addr: (buf: number, limit: number) => host.memory.putLatin1(buf, limit, exchange().source),
    get_header_names: (kind: number, buf: number, limit: number) =>
      host.memory.putTexts(buf, limit, exchange().fieldNames(kind)),
    get_header_values: (kind: number, name: number, nameLen: number, buf: number, limit: number) =>
      host.memory.putTexts(buf, limit, exchange().fieldValues(kind, text(name, nameLen, 'name'))),
    set_header_value: field('setField'),
    add_header_value: field('addField'),
    remove_header(kind: number, name: number, nameLen: number) {
      exchange().removeField(kind, text(name, nameLen, 'name'))
      return undefined
    },
    read_body(kind: number, buf: number, limit: number) {
      const { length, isEnd } = exchange().readContent(kind, host.memory.part(buf, limit, 'body'))
      return (isEnd ? 1n << 32n : 0n) | BigInt(length)
    },
    write_body(kind: number, body: number, length: number) {
      exchange().writeContent(kind, host.memory.part(body, length, 'body'))
      return undefined
    },
    get_status_code: () => exchange().status,
    set_status_code(status: number) {
      exchange().status = status >>> 0
      return undefined
    },
  }
  if ((host.missing & TRAILERS) === 0) return imports
  return { ...imports, ...withoutTrailers(imports) }
}

/** Where there are none, they have no names and no values, and setting one is a trap. */
function withoutTrailers(
  imports: Readonly<Record<string, (...args: never[]) => number | bigint | undefined>>,
): Record<string, (...args: never[]) => number | bigint | undefined> {
  const trapped = Object.fromEntries(
    ['set_header_value', 'add_header_value', 'remove_header'].map((name) => [
      name,
      (kind: number, ...rest: number[]) => {
        if (isTrailer(kind)) throw new GuestTrap('trailers are not supported')
        return imports[name]!(...([kind, ...rest] as never[]))
      },
    ]),
  )
  const empty = Object.fromEntries(
    ['get_header_names', 'get_header_values'].map((name) => [
      name,
      (kind: number, ...rest: number[]) => (isTrailer(kind) ? 0n : imports[name]!(...([kind, ...rest] as never[]))),
    ]),
  )
  return { ...trapped, ...empty }
}

const isTrailer = (kind: number): boolean => kind === 2 || kind === 3
