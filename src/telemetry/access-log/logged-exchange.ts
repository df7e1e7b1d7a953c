import type { Fields } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { EndListener, type ExchangeEnd, type FieldsWatcher, type RequestContext } from '../../http/request-context.ts'

/**
 * One exchange as the access log sees it: what middlewares may change later is taken when routing begins. But for the
 * fields of its request, which are shown as middlewares have left them, as in Traefik.
 */
export class LoggedExchange extends EndListener implements FieldsWatcher {
  readonly cx: RequestContext
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly scheme: string
  readonly version: string
  /** The whole `X-Forwarded-For` once forwarding headers were checked; null when there is none. */
  readonly forwardedFor: string | null
  /** Whom the certificate of the client names, as Go writes it; null: it showed none, or that is not wanted. */
  readonly clientSubject: string | null
  readonly #headers: Fields
  readonly #wanted: WantedFields
  #referer: string | null = null
  #userAgent: string | null = null
  #requestFields: readonly string[] | null = null
  #areFieldsTaken = false
  /** Fields of the final answer where they are wanted. */
  downstream: Fields | null = null
  end: ExchangeEnd = notOver
  /** Which line of this log it is, counting from 1. */
  count = 0
  /** Wall clock, milliseconds. */
  startedAt = 0
  durationMs = 0
  /** From the last attempt to the end of its content; 0 when no server was asked. */
  originMs = 0
  readonly #finish: (exchange: LoggedExchange, end: ExchangeEnd) => void

  /** @param finish told when it is over, if it listens */
  constructor(
    request: ProxyRequest,
    cx: RequestContext,
    wanted: WantedFields,
    finish: (exchange: LoggedExchange, end: ExchangeEnd) => void,
  ) {
    super()
    const { headers } = request
    this.cx = cx
    this.method = request.method
    this.target = request.target
    this.authority = request.authority
    this.scheme = request.scheme
    this.version = request.version
    this.forwardedFor = headers.get('x-forwarded-for')
    // Once a connection is gone, so is what it showed.
    this.clientSubject = wanted.clientSubject ? (cx.client.tls?.clientSubject?.() ?? null) : null
    this.#headers = headers
    this.#wanted = wanted
    this.#finish = finish
    if (wanted.request || wanted.referer || wanted.userAgent) cx.record.fieldsWatcher = this
  }

  override tell(end: ExchangeEnd): void {
    this.#finish(this, end)
  }

  /** A copy of the request that a middleware has made is none of ours: what becomes of its fields is not shown. */
  fieldsLeave(headers: Fields): void {
    if (headers === this.#headers) this.#takeFields()
  }

  /** Lines of the request's fields; null: they are not wanted. */
  get requestFields(): readonly string[] | null {
    this.#takeFields()
    return this.#requestFields
  }

  /** Null: there is none, or it is not wanted. */
  get referer(): string | null {
    this.#takeFields()
    return this.#referer
  }

  /** Null: there is none, or it is not wanted. */
  get userAgent(): string | null {
    this.#takeFields()
    return this.#userAgent
  }

  #takeFields(): void {
    if (this.#areFieldsTaken) return
    this.#areFieldsTaken = true
    if (this.#wanted.request) this.#requestFields = this.#headers.lines.slice()
    if (this.#wanted.referer) this.#referer = joined(this.#headers, 'referer')
    if (this.#wanted.userAgent) this.#userAgent = joined(this.#headers, 'user-agent')
  }

  /** Whether the request got to a server, so that there is an origin to speak of. */
  get hasOrigin(): boolean {
    return this.cx.record.loadBalancer !== ''
  }

  /**
   * The server's status, or ours where the server failed; 0 where the request got to none.
   */
  get originStatus(): number {
    if (!this.hasOrigin) return 0
    return this.cx.record.originStatus || this.end.status
  }

  get originSize(): number {
    if (!this.hasOrigin) return 0
    const { originSize } = this.cx.record
    return originSize < 0 ? this.end.size : originSize
  }
}

/** Values of all lines of that name, by commas; null: there is none. */
function joined(headers: Fields, name: string): string | null {
  const first = headers.first(name)
  return first === null || first === headers.get(name) ? first : headers.getAll(name).join(',')
}

/** Which fields a log's format shows at all. */
export interface WantedFields {
  readonly referer: boolean
  readonly userAgent: boolean
  readonly clientSubject: boolean
  readonly request: boolean
  readonly origin: boolean
  readonly downstream: boolean
}

const notOver: ExchangeEnd = { status: 0, size: 0, requestSize: 0, aborted: false }
