import type { Fields } from '../../http/fields.ts'
import type { ProxyRequest } from '../../http/request.ts'
import { EndListener, type ExchangeEnd, type RequestContext } from '../../http/request-context.ts'

/** One exchange as the access log sees it: what middlewares may change later is taken when routing begins. */
export class LoggedExchange extends EndListener {
  readonly cx: RequestContext
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly scheme: string
  readonly version: string
  /** The whole `X-Forwarded-For` once forwarding headers were checked; null when there is none. */
  readonly forwardedFor: string | null
  readonly referer: string | null
  readonly userAgent: string | null
  /** A copy of the request's field lines where they are wanted. */
  readonly requestFields: readonly string[] | null
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
    this.referer = wanted.referer ? headers.first('referer') : null
    this.userAgent = wanted.userAgent ? headers.first('user-agent') : null
    this.requestFields = wanted.request ? headers.lines.slice() : null
    this.#finish = finish
  }

  override tell(end: ExchangeEnd): void {
    this.#finish(this, end)
  }

  /** Whether a load balancer was reached, so that there is an origin to speak of. */
  get hasOrigin(): boolean {
    return this.cx.record.loadBalancer !== ''
  }

  /**
   * Status at the load balancer: the server's, or ours where the server failed; 0 when no middleware let it get there.
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

/** Which fields a log's format shows at all. */
export interface WantedFields {
  readonly referer: boolean
  readonly userAgent: boolean
  readonly request: boolean
  readonly origin: boolean
  readonly downstream: boolean
}

const notOver: ExchangeEnd = { status: 0, size: 0, requestSize: 0, aborted: false }
