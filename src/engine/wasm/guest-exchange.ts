import { lowerName } from '../../http/fields.ts'
import { GuestTrap } from './guest-memory.ts'
import { targetOf } from './request-target.ts'
import { Written } from './written.ts'

/** Features of the handler ABI that a guest may switch on. */
export const BUFFER_REQUEST = 1
export const BUFFER_RESPONSE = 2
export const TRAILERS = 4

/** Kinds of header and trailer sections. */
const REQUEST_FIELDS = 0
const RESPONSE_FIELDS = 1
const REQUEST_TRAILERS = 2
const RESPONSE_TRAILERS = 3

/** A request as guests see it. All texts are bytes, a character each. Plain data: it is sent to threads. */
export interface GuestRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly version: string
  /** `IP:PORT` */
  readonly source: string
  readonly authority: string
  /** Name, value, name, value … */
  readonly lines: readonly string[]
  /** Null: there is content, but it has not been read. */
  readonly content: Uint8Array | null
}

/** What a guest has made of a request, or has answered. */
export interface RequestOutcome {
  /** Whether the next handler is to be called, and what `handle_response` is given then. */
  readonly next: { readonly context: number } | null
  readonly features: number
  /** Null: as it was. */
  readonly method: string | null
  readonly target: string | null
  readonly lines: readonly string[] | null
  /** What is to be sent in its place; null: what there was. */
  readonly content: Uint8Array | null
  readonly hasRead: boolean
  readonly answer: GuestAnswer
}

/** The answer as far as the guest has set it. */
export interface GuestAnswer {
  /** 0: it has set none. */
  readonly status: number
  readonly lines: readonly string[]
  readonly content: Uint8Array
  /** Status and fields have been settled: what the next handler says of them comes too late. */
  readonly isCommitted: boolean
  readonly trailers: readonly string[]
}

/** The answer of the next handler. */
export interface GuestResponse {
  readonly status: number
  readonly lines: readonly string[]
  /** Null: it is not there to be read, or nobody asks for it. */
  readonly content: Uint8Array | null
  /** The next handler has failed. */
  readonly isError: boolean
}

/** What a guest has made of it. */
export interface ResponseOutcome {
  readonly status: number
  /** Null: as they were. */
  readonly lines: readonly string[] | null
  /** What is to be sent in its place; null: what there was. */
  readonly content: Uint8Array | null
  readonly trailers: readonly string[]
}

/**
 * One exchange between a guest and its host, with what the guest may do in which phase, as http-wasm-host-go v0.7.0 and
 * Traefik 3.7 have it.
 */
export class GuestExchange {
  features: number
  readonly #request: GuestRequest
  #method: string | null = null
  #target: string | null = null
  /** What the guest has changed; null: nothing. */
  #requestLines: string[] | null = null
  #requestRead = 0
  #requestWritten: Written | null = null
  #isAfterNext = false
  /** 0: nobody has set one. */
  #status = 0
  #responseLines: string[] = []
  #areChanged = false
  /** What of the fields goes out, once that is settled. */
  #committed: string[] | null = null
  #responseContent: Uint8Array | null = null
  #responseRead = 0
  #responseWritten: Written | null = null
  readonly #trailers: string[] = []

  /** @param features those that the guest has switched on while it started */
  constructor(request: GuestRequest, features: number) {
    this.#request = request
    this.features = features
  }

  // ---- what the host does

  /** @param result of `handle_request` */
  requestOutcome(result: bigint): RequestOutcome {
    const bits = BigInt.asUintN(64, result)
    const goesOn = (bits & 0xffffffffn) !== 0n
    return {
      next: goesOn ? { context: Number(bits >> 32n) } : null,
      features: this.features,
      method: this.#method,
      target: this.#target,
      lines: this.#requestLines,
      content: this.#requestWritten?.bytes() ?? null,
      hasRead: this.#requestRead > 0,
      answer: {
        status: this.#status,
        lines: this.#committed ?? this.#responseLines,
        content: this.#responseWritten?.bytes() ?? NOTHING,
        isCommitted: this.#committed !== null,
        trailers: this.#trailers,
      },
    }
  }

  /** The next handler has answered. */
  answered({ status, lines, content }: GuestResponse): void {
    this.#isAfterNext = true
    this.#status = status
    this.#responseLines = [...lines]
    this.#areChanged = false
    this.#responseContent = content
    this.#responseRead = 0
    this.#responseWritten = null
  }

  responseOutcome(): ResponseOutcome {
    return {
      status: this.#status,
      lines: this.#areChanged ? this.#responseLines : null,
      content: this.#responseWritten?.bytes() ?? null,
      trailers: this.#trailers,
    }
  }

  // ---- what the guest asks for

  get method(): string {
    return this.#method ?? this.#request.method
  }

  get target(): string {
    return this.#target ?? this.#request.target
  }

  get version(): string {
    return this.#request.version
  }

  get source(): string {
    return this.#request.source
  }

  setMethod(method: string): void {
    this.#mustBeBefore('set method')
    if (method === '') throw new GuestTrap('HTTP method cannot be empty')
    if (!TOKEN.test(method)) throw new GuestTrap(`invalid method ${JSON.stringify(method)}`)
    this.#method = method
  }

  setTarget(uri: string): void {
    this.#mustBeBefore('set uri')
    this.#target = targetOf(uri)
  }

  /** In lower case, sorted, each once. */
  fieldNames(kind: number): readonly string[] {
    const names = new Set<string>()
    const lines = this.#linesOf(kind)
    for (let at = 0; at < lines.length; at += 2) names.add(lowerName(lines[at]!))
    if (kind === REQUEST_FIELDS) {
      for (const name of UNSEEN) names.delete(name)
      if (this.#request.authority !== '') names.add('host')
    }
    return [...names].sort()
  }

  fieldValues(kind: number, name: string): readonly string[] {
    const lower = mustBeName(name)
    const lines = this.#linesOf(kind)
    if (kind === REQUEST_FIELDS) {
      if (lower === 'host') return [this.#request.authority]
      if (UNSEEN.has(lower)) return []
    }
    const values: string[] = []
    for (let at = 0; at < lines.length; at += 2) if (lowerName(lines[at]!) === lower) values.push(lines[at + 1]!)
    return values
  }

  setField(kind: number, name: string, value: string): void {
    const lower = mustBeName(name)
    this.#mustBeMutable(kind, 'set')
    const line = lineFor(kind, name, value)
    if (line === null) return
    put(this.#changed(kind), lower, line)
  }

  addField(kind: number, name: string, value: string): void {
    const lower = mustBeName(name)
    this.#mustBeMutable(kind, 'add')
    const line = lineFor(kind, name, value)
    if (line === null) return
    const lines = this.#changed(kind)
    // Of trailers there is one line each, as in the host of Traefik.
    if (kind >= REQUEST_TRAILERS) remove(lines, lower)
    lines.push(...line)
  }

  removeField(kind: number, name: string): void {
    const lower = mustBeName(name)
    this.#mustBeMutable(kind, 'remove')
    remove(this.#changed(kind), lower)
  }

  /** Fills what it can. `isEnd`: nothing more comes. */
  readContent(kind: number, into: Uint8Array): { readonly length: number; readonly isEnd: boolean } {
    if (into.byteLength === 0) throw new GuestTrap('buf_limit==0 reading body')
    if (kind === REQUEST_FIELDS) {
      this.#mustBeBefore('read request body', BUFFER_REQUEST)
      const content = this.#requestWritten?.bytes() ?? this.#request.content
      if (content === null) {
        throw new GuestTrap("error reading body: its length is unknown, and buffer_request wasn't enabled at the start")
      }
      const length = copyFrom(content, this.#requestRead, into)
      this.#requestRead += length
      return { length, isEnd: this.#requestRead === content.byteLength }
    }
    this.#mustBeResponse(kind)
    this.#mustBeBefore('read response body', BUFFER_RESPONSE)
    this.#mustBuffer('read response body')
    const content = this.#responseWritten?.bytes() ?? this.#responseContent ?? NOTHING
    const length = copyFrom(content, this.#responseRead, into)
    this.#responseRead += length
    return { length, isEnd: length < into.byteLength }
  }

  /** The first one of a phase replaces what there was. */
  writeContent(kind: number, content: Uint8Array): void {
    if (kind === REQUEST_FIELDS) {
      this.#mustBeBefore('write request body')
      this.#requestWritten ??= new Written()
      this.#requestWritten.add(content)
      return
    }
    this.#mustBeResponse(kind)
    this.#mustBeBefore('write response body', BUFFER_RESPONSE)
    this.#commit(200)
    this.#responseWritten ??= new Written()
    this.#responseWritten.add(content)
  }

  get status(): number {
    this.#mustBuffer('get status code')
    return this.#status === 0 ? 200 : this.#status
  }

  set status(status: number) {
    this.#mustBeBefore('set status code', BUFFER_RESPONSE)
    if (status < 200 || status > 999) throw new GuestTrap(`invalid status code ${status}`)
    if (this.#has(BUFFER_RESPONSE)) this.#status = status
    else this.#commit(status)
  }

  // ---- what it may when

  #has(feature: number): boolean {
    return (this.features & feature) !== 0
  }

  /** @param feature that lets it do that afterwards too */
  #mustBeBefore(what: string, feature = 0): void {
    if (!this.#isAfterNext || this.#has(feature)) return
    const unless = feature === 0 ? '' : ` unless ${FEATURE_NAMES[feature]} is enabled`
    throw new GuestTrap(`can't ${what} after next handler${unless}`)
  }

  #mustBuffer(what: string): void {
    if (!this.#has(BUFFER_RESPONSE)) throw new GuestTrap(`can't ${what} unless buffer_response is enabled`)
  }

  #mustBeMutable(kind: number, verb: string): void {
    if (kind === REQUEST_FIELDS) this.#mustBeBefore(`${verb} request header`)
    else if (kind === REQUEST_TRAILERS) this.#mustBeBefore(`${verb} request trailer`)
    else if (kind === RESPONSE_FIELDS) this.#mustBeBefore(`${verb} response header`, BUFFER_RESPONSE)
    else if (kind === RESPONSE_TRAILERS) this.#mustBeBefore(`${verb} response trailer`, BUFFER_RESPONSE)
    else throw unsupported(kind)
  }

  #mustBeResponse(kind: number): void {
    if (kind !== RESPONSE_FIELDS) throw new GuestTrap(`unsupported body kind: ${kind}`)
  }

  /** Where nothing is held back, the head of the answer goes out with its status or its first content. */
  #commit(status: number): void {
    if (this.#has(BUFFER_RESPONSE) || this.#committed !== null) return
    this.#status = status
    this.#committed = [...this.#responseLines]
  }

  #linesOf(kind: number): readonly string[] {
    if (kind === REQUEST_FIELDS) return this.#requestLines ?? this.#request.lines
    if (kind === RESPONSE_FIELDS) return this.#responseLines
    if (kind === REQUEST_TRAILERS || kind === RESPONSE_TRAILERS) return this.#trailers
    throw unsupported(kind)
  }

  #changed(kind: number): string[] {
    if (kind === REQUEST_FIELDS) {
      this.#requestLines ??= [...this.#request.lines]
      return this.#requestLines
    }
    if (kind !== RESPONSE_FIELDS) return this.#trailers
    this.#areChanged = true
    return this.#responseLines
  }
}

const FEATURE_NAMES: Readonly<Record<number, string>> = {
  [BUFFER_REQUEST]: 'buffer_request',
  [BUFFER_RESPONSE]: 'buffer_response',
}

/** Go's server takes them out of the fields of a request. */
const UNSEEN: ReadonlySet<string> = new Set(['transfer-encoding', 'trailer'])

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const NOTHING = new Uint8Array()

const unsupported = (kind: number): GuestTrap => new GuestTrap(`unsupported header kind: ${kind}`)

function mustBeName(name: string): string {
  if (name === '') throw new GuestTrap('HTTP header name cannot be empty')
  return lowerName(name)
}

/**
 * A line that can be sent; null: none. In requests a guest must not write what is none; of answers Go's server drops
 * such names, and makes spaces of line ends. `Host` of a request can't be changed.
 */
function lineFor(kind: number, name: string, value: string): readonly [string, string] | null {
  const isRequest = kind === REQUEST_FIELDS
  if (!TOKEN.test(name)) {
    if (isRequest) throw new GuestTrap(`invalid header field name ${JSON.stringify(name)}`)
    return null
  }
  if (isRequest) {
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value))
      throw new GuestTrap(`invalid header field value for ${JSON.stringify(name)}`)
    if (lowerName(name) === 'host') return null
  }
  return [name, value.replace(/[\0\r\n]/g, ' ').trim()]
}

/** One line in the place of all of that name, where the first one stood. */
function put(lines: string[], lower: string, line: readonly [string, string]): void {
  const first = lines.findIndex((name, at) => at % 2 === 0 && lowerName(name) === lower)
  if (first === -1) {
    lines.push(...line)
    return
  }
  remove(lines, lower, first + 2)
  lines[first] = line[0]
  lines[first + 1] = line[1]
}

function remove(lines: string[], lower: string, from = 0): void {
  let kept = from
  for (let at = from; at < lines.length; at += 2) {
    if (lowerName(lines[at]!) === lower) continue
    lines[kept++] = lines[at]!
    lines[kept++] = lines[at + 1]!
  }
  lines.length = kept
}

function copyFrom(content: Uint8Array, at: number, into: Uint8Array): number {
  const part = content.subarray(at, at + into.byteLength)
  into.set(part)
  return part.byteLength
}
