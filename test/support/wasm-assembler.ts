/** WebAssembly modules as bytes, of the few instructions that guests in tests need. */

const SIGNATURES = {
  enable_features: 'i:i',
  get_config: 'ii:i',
  log_enabled: 'i:i',
  log: 'iii:',
  get_method: 'ii:i',
  set_method: 'ii:',
  get_uri: 'ii:i',
  set_uri: 'ii:',
  get_protocol_version: 'ii:i',
  get_source_addr: 'ii:i',
  get_header_names: 'iii:I',
  get_header_values: 'iiiii:I',
  set_header_value: 'iiiii:',
  add_header_value: 'iiiii:',
  remove_header: 'iii:',
  read_body: 'iii:I',
  write_body: 'iii:',
  get_status_code: ':i',
  set_status_code: 'i:',
} as const

/** Of WASI, those that tests call; all of them answer an error number. */
const WASI_SIGNATURES: Readonly<Record<string, string>> = {
  fd_write: 'iiii:i',
  environ_sizes_get: 'ii:i',
  environ_get: 'ii:i',
  args_sizes_get: 'ii:i',
  random_get: 'ii:i',
  clock_time_get: 'iIi:i',
  poll_oneoff: 'iiii:i',
  fd_prestat_get: 'ii:i',
  path_open: 'iiiiiIIii:i',
  fd_renumber: 'ii:i',
  sock_accept: 'iii:i',
  proc_exit: 'i:',
}

export type Step = readonly number[]

type Argument = number | bigint | string | Step

const encoder = new TextEncoder()
const I32 = 0x7f
const I64 = 0x7e

/** Texts that code names lie behind this. */
const TEXTS = 1024

export class Assembler {
  readonly #imports: { module: string; name: string; signature: string }[] = []
  readonly #texts: number[] = []
  readonly #functions: { name: string; signature: string; code: Step }[] = []
  #globals = 0
  /** `[least, most]` in pages. */
  memory: readonly [number, number?] = [1]

  /** A call. A text is its place and its length; results stay on the stack. */
  call(name: keyof typeof SIGNATURES | `wasi.${string}` | `env.${string}`, ...args: readonly Argument[]): Step {
    return [...args.flatMap((arg) => this.#argument(arg)), 0x10, ...leb(this.#import(name))]
  }

  /** A counter that stays from call to call: one more, and its value. */
  count(): Step {
    const global = this.#globals++
    return [0x23, global, 0x41, 1, 0x6a, 0x24, global, 0x23, global]
  }

  /** An exported function. */
  define(name: string, signature: string, ...code: readonly Step[]): this {
    this.#functions.push({ name, signature, code: code.flat() })
    return this
  }

  handleRequest(...code: readonly Step[]): this {
    return this.define('handle_request', ':I', ...code)
  }

  handleResponse(...code: readonly Step[]): this {
    return this.define('handle_response', 'ii:', ...code)
  }

  bytes(): Uint8Array<ArrayBuffer> {
    for (const [name, signature] of [
      ['handle_request', ':I'],
      ['handle_response', 'ii:'],
    ] as const) {
      if (!this.#functions.some((one) => one.name === name)) {
        this.define(name, signature, name === 'handle_request' ? go() : [])
      }
    }
    const all = [...this.#imports, ...this.#functions]
    const [least, most] = this.memory
    const sections: [number, number[]][] = [
      [1, list(all.map(({ signature }) => typeOf(signature)))],
      [2, list(this.#imports.map(({ module, name }, at) => [...text(module), ...text(name), 0, ...leb(at)]))],
      [3, list(this.#functions.map((_, at) => leb(this.#imports.length + at)))],
      [5, list([most === undefined ? [0, ...leb(least)] : [1, ...leb(least), ...leb(most)]])],
      [6, list(Array.from({ length: this.#globals }, () => [I32, 1, 0x41, 0, 0x0b]))],
      [
        7,
        list([
          [...text('memory'), 2, 0],
          ...this.#functions.map(({ name }, at) => [...text(name), 0, ...leb(this.#imports.length + at)]),
        ]),
      ],
      [10, list(this.#functions.map(({ code }) => sized([0, ...code, 0x0b])))],
      [11, list([[0, 0x41, ...sleb(TEXTS), 0x0b, ...leb(this.#texts.length), ...this.#texts]])],
    ]
    return Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...sections.flatMap(([id, body]) => [id, ...sized(body)]),
    ])
  }

  #argument(arg: Argument): Step {
    if (typeof arg === 'number') return i32(arg)
    if (typeof arg === 'bigint') return i64(arg)
    if (typeof arg !== 'string') return arg
    const bytes = encoder.encode(arg)
    const at = TEXTS + this.#texts.length
    this.#texts.push(...bytes)
    return [...i32(at), ...i32(bytes.length)]
  }

  #import(full: string): number {
    const [prefix, rest] = full.includes('.') ? full.split('.') : ['', full]
    const module = prefix === 'wasi' ? 'wasi_snapshot_preview1' : prefix === '' ? 'http_handler' : prefix!
    const signature = prefix === '' ? SIGNATURES[rest as keyof typeof SIGNATURES] : (WASI_SIGNATURES[rest!] ?? ':i')
    const found = this.#imports.findIndex((one) => one.module === module && one.name === rest)
    if (found !== -1) return found
    this.#imports.push({ module, name: rest!, signature })
    return this.#imports.length - 1
  }
}

/** Numbers. */
export const i32 = (value: number): Step => [0x41, ...sleb(value)]
export const i64 = (value: bigint): Step => [0x42, ...slebBig(value)]
/** What `handle_request` ends with: on to the next handler, with a context. */
export const go = (context = 0): Step => i64((BigInt(context) << 32n) | 1n)
/** Or not. */
export const done = (): Step => i64(0n)
export const drop: Step = [0x1a]
export const trap: Step = [0x00]
/** For ever. */
export const loop: Step = [0x03, 0x40, 0x0c, 0, 0x0b]
/** An `i64` as an `i32`: its low half. */
export const low: Step = [0xa7]
/** Its high half. */
export const high: Step = [0x42, 32, 0x88, 0xa7]
/** One page more for a memory: the old number of pages, or -1. */
export const grow = (pages: number): Step => [...i32(pages), 0x40, 0]
/** What is at the top of the stack goes to a place in memory, as four bytes. */
export const storeAt = (at: number, value: Step): Step => [...i32(at), ...value, 0x36, 2, 0]
export const load = (at: number): Step => [...i32(at), 0x28, 2, 0]
/** A digit for a small number on the stack. */
export const digit = (value: Step): Step => [...value, ...i32(48), 0x6a]

const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...leb(Math.floor(value / 128))]
const sleb = (value: number): number[] => slebBig(BigInt(value))

function slebBig(value: bigint): number[] {
  const byte = Number(value & 127n)
  const rest = value >> 7n
  const isLast = (rest === 0n && byte < 64) || (rest === -1n && byte >= 64)
  return isLast ? [byte] : [byte + 128, ...slebBig(rest)]
}

const sized = (body: readonly number[]): number[] => [...leb(body.length), ...body]
const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const text = (value: string): number[] => sized([...encoder.encode(value)])

function typeOf(signature: string): number[] {
  const [params, results] = signature.split(':').map((types) => [...types].map((type) => (type === 'I' ? I64 : I32)))
  return [0x60, ...sized(params!), ...sized(results!)]
}
