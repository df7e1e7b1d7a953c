import type { Body } from './body.ts'
import { BodyUsed } from './body.ts'
import type { Fields } from './fields.ts'
import { encodedOf, type PathView, routingPathOf, viewOf } from './path.ts'
import type { QueryValues } from './query.ts'

/** What of Fetch's `Request` our requests implement. */
export type FetchRequest = Pick<
  Request,
  'method' | 'url' | 'headers' | 'body' | 'bodyUsed' | 'text' | 'json' | 'arrayBuffer'
>

/**
 * A request on its way through the proxy: Fetch's reading interface over what a proxy must not lose (raw target,
 * field order and case, content on any method, upgrades).
 */
export class ProxyRequest implements FetchRequest {
  method: string
  scheme: 'http' | 'https'
  /** Host with port, as sent to servers that want it; empty for HTTP/1.0 without Host. */
  authority: string
  /**
   * Never holds Host: that is `authority`. Framing fields (Content-Length, Transfer-Encoding, Trailer) may stand here;
   * transports frame by `content`.
   */
  readonly headers: Fields
  content: Body | null
  /** The protocol the client asks to switch to: `websocket` …; null for most. */
  upgrade: string | null
  /** `HTTP/1.1`, as the client spoke it. */
  readonly version: string
  /** Canonical host for rules: lower case, no port, no brackets. Set by the entry point. */
  host = ''
  /** Of the query, once somebody has asked for one (`query.ts`). */
  values: QueryValues | null = null
  #target: string
  /** The target as the client wrote its query; null: as `target`. */
  #written: string | null = null
  #queryAt = -2
  #routingPath: string | null = null
  #view: PathView | null = null

  constructor(
    method: string,
    scheme: 'http' | 'https',
    authority: string,
    target: string,
    headers: Fields,
    content: Body | null,
    upgrade: string | null,
    version: string,
  ) {
    this.method = method
    this.scheme = scheme
    this.authority = authority
    this.headers = headers
    this.content = content
    this.upgrade = upgrade
    this.version = version
    this.#target = target
  }

  /** Request target in origin form: encoded path and query, as it would be sent on. */
  get target(): string {
    return this.#target
  }

  set target(target: string) {
    this.#target = target
    this.#written = null
    this.#queryAt = -2
    this.#routingPath = null
    this.#view = null
    this.values = null
  }

  /** The target before `;` in its query became `&`, until somebody sets another: redirections lead there. */
  get writtenTarget(): string {
    return this.#written ?? this.#target
  }

  /** Sets a target that stands for what the client wrote. */
  replaceTarget(target: string, written: string): void {
    this.target = target
    this.#written = written
  }

  #queryStart(): number {
    if (this.#queryAt === -2) this.#queryAt = this.#target.indexOf('?')
    return this.#queryAt
  }

  /** Encoded path. */
  get path(): string {
    const at = this.#queryStart()
    return at === -1 ? this.#target : this.#target.slice(0, at)
  }

  /** Raw query with its `?`; empty when there is none. */
  get query(): string {
    const at = this.#queryStart()
    return at === -1 ? '' : this.#target.slice(at)
  }

  /** The path as rules see it: escapes decoded but those of reserved characters. */
  get routingPath(): string {
    this.#routingPath ??= routingPathOf(this.path)
    return this.#routingPath
  }

  /** Decoded and encoded path, as path middlewares treat them. */
  get pathView(): PathView {
    this.#view ??= viewOf(this.path)
    return this.#view
  }

  /** Replaces the path and keeps the query. */
  set pathView(view: PathView) {
    this.target = encodedOf(view) + this.query
    this.#view = view
  }

  get url(): string {
    return `${this.scheme}://${this.authority}${this.#target}`
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return (this.content?.stream() as ReadableStream<Uint8Array<ArrayBuffer>>) ?? null
  }

  get bodyUsed(): boolean {
    return this.content?.used ?? false
  }

  async #bytes(): Promise<Uint8Array> {
    if (this.content === null) return new Uint8Array()
    if (this.content.used) throw new BodyUsed()
    return this.content.bytes(Number.POSITIVE_INFINITY)
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#bytes())
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#bytes()
    return bytes.slice().buffer as ArrayBuffer
  }
}
