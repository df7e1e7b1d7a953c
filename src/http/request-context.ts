import type { RouterOrigin, ServiceOrigin } from './cluster-objects.ts'
import { type Effort, MAX_STEPS } from './effort.ts'
import type { Fields } from './fields.ts'
import type { ProxyRequest } from './request.ts'

/** What is known of a client's TLS connection. */
export interface TlsInfo {
  /** `TLSv1.3` … */
  readonly version: string
  readonly cipher: string
  readonly serverName: string | null
  /** Qualified name of the TLS options that the connection was made with; null where the platform ends TLS. */
  readonly options: string | null
  /** What the client showed, its own certificate first; read when asked for. Empty: none. */
  certificates(): readonly ClientCertificate[]
  /** Whom the client's own certificate names, as Go writes it; null: it showed none. Absent: nobody can tell. */
  clientSubject?(): string | null
  /**
   * Why the certificate of the client does not lead to an authority of the TLS options; null: it does. Absent: those
   * that do not are never shown.
   */
  readonly chainFault?: () => string | null
}

/** A certificate of a client. */
export interface ClientCertificate {
  readonly der: Uint8Array
  /** Short names (`CN`, `O`, `DC` …) and values in their order. */
  readonly subject: readonly (readonly [name: string, value: string])[]
  readonly issuer: readonly (readonly [name: string, value: string])[]
  /** Decimal. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** Alternative names: DNS names, mail addresses, IP addresses, URIs, in this order. */
  readonly alternativeNames: readonly string[]
}

/** Who has sent the request: the peer, or what a PROXY header said of it. */
export interface Client {
  /** IP address without port or zone; empty when unknown. */
  readonly address: string
  readonly port: number
  readonly tls: TlsInfo | null
}

/** A span as those see it who make none themselves. */
export interface ActiveSpan {
  readonly spanId: string
  /** Whether its trace is recorded. */
  readonly isSampled: boolean
  /** Marks it as failed. @param message why, without a secret */
  fail(message: string): void
}

/** Wants to know the fields of a request as middlewares have left them. */
export interface FieldsWatcher {
  /** They are about to be changed for a server. */
  fieldsLeave(headers: Fields): void
}

/** Facts about an exchange, written on its way and read by the access log, metrics and the balancer. */
export class ExchangeRecord {
  router = ''
  service = ''
  /** The load balancer whose server the request went to: the router's service or one behind it. Empty when none did. */
  loadBalancer = ''
  serverUrl = ''
  /** What the router is made of, and the last service; set by who tells of it, else not there: nobody else pays for it. */
  declare routerOrigin?: RouterOrigin
  declare serviceOrigin?: ServiceOrigin
  /** Whom the client says to be; empty: it did not say, null: nobody asked. */
  username: string | null = null
  /** Answers of servers that were discarded. */
  retries = 0
  /** How often the innermost middleware that repeats requests has sent this one before; absent: there is none. */
  declare resends?: number
  /** Whether a line of the access log is wanted: the router or the entry point may switch it off. */
  logged = true
  /** Whether metrics count it, likewise. */
  metered = true
  /** How metrics class the request (`telemetry/metrics/request-class.ts`). */
  requestClass = 0
  /** Of `retries`, those that a service has counted. */
  retriesCounted = 0
  /** 32 hexadecimal digits where the exchange is traced, else empty. */
  traceId = ''
  /** 16 hexadecimal digits: the span of the whole exchange, where it is traced; else empty. */
  spanId = ''
  /** Where in its trace the exchange is at the moment; null: it is not traced. */
  span: ActiveSpan | null = null
  /** Milliseconds on the context's clock; 0 when nothing was forwarded. */
  originStart = 0
  originEnd = 0
  /** Status the server gave, or ours where it failed; 0 when no server was asked. */
  originStatus = 0
  /**
   * Content bytes of the server's answer where a middleware made others of them; -1: the same as went to the client.
   */
  originSize = -1
  /** Set by who wants to know how much went to the client, where counting it costs. */
  wantsSize = false
  /** Set by who wants `originFields`: nobody else pays for the copy. */
  wantsOriginFields = false
  /** Field lines of the server's answer, before middlewares change them. */
  originFields: readonly string[] | null = null
  /** Null: nobody wants to know what middlewares have made of the request. */
  fieldsWatcher: FieldsWatcher | null = null
}

/**
 * How an exchange goes on from here, as whoever has it now wants it. Parts of an exchange with a context of their own
 * (time limits) hand it on as it is.
 */
export class Handling {
  /**
   * Called for 1xx answers on their way; a middleware may replace it to swallow them. Null: the platform can't send
   * them.
   */
  informational: ((status: number, fields: Fields) => void) | null = null
  /** `X-Forwarded-For: ""` of the headers middleware: the peer is not appended when forwarding. */
  omitForwardedFor = false
  /** Told of the request as middlewares left it, before it is changed for a server; for who will ask once more. */
  onForward: ((request: ProxyRequest) => void) | null = null
  /** Servers that an earlier attempt found unfit, by URL: while there is another one, balancers leave them out. */
  avoid: Set<string> | null = null
  /**
   * Somebody counts failures of servers: a runtime that does not tell a server that fails from a client that leaves in the
   * middle of its content has to find out, at a cost.
   */
  countsFailures = false
  /** What keeps Go's server from guessing a Content-Type got lost, by a 1xx answer or by deleting that field. */
  guessesType = false
}

/** How an exchange ended, once its last byte has gone or it was called off. */
export interface ExchangeEnd {
  /** Final status; 499 when the client left first. */
  readonly status: number
  /** Content bytes that went to the client. */
  readonly size: number
  /** Content bytes that came from the client. */
  readonly requestSize: number
  readonly aborted: boolean
  /** Only a part of the exchange is over: its answer was given up for another one. Absent: all of it is. */
  readonly isPart?: true
}

/** Who waits for the end of an exchange; of one exchange, and once. Each leads to those that registered before it. */
export abstract class EndListener {
  before: EndListener | null = null

  abstract tell(end: ExchangeEnd): void
}

class CallAtEnd extends EndListener {
  readonly #listener: (end: ExchangeEnd) => void

  constructor(listener: (end: ExchangeEnd) => void) {
    super()
    this.#listener = listener
  }

  override tell(end: ExchangeEnd): void {
    this.#listener(end)
  }
}

/**
 * What belongs to the exchange rather than to a message: one per client request; retries share it.
 * Adapters extend it by what their platform needs.
 */
export abstract class RequestContext implements Effort {
  readonly entryPoint: string
  readonly client: Client
  readonly record: ExchangeRecord
  /** Milliseconds on the adapter's monotonic clock. */
  readonly start: number
  readonly handling: Handling
  /** What the exchange holds until it is over: the snapshot it began on. Who goes on afterwards enters it anew. */
  lease: { enter(): void; leave(): void } | null = null
  #stepsLeft = MAX_STEPS
  /** Who registered last; null: nobody did. */
  #endListener: EndListener | null = null
  /** Of the exchange itself: somebody may end a part of it before all of it is over. */
  hasParts = false
  #abortListeners: (() => void)[] | null = null
  #controller: AbortController | null = null
  #aborted = false
  /** How the exchange ended; null: it has not yet. */
  #over: ExchangeEnd | null = null

  constructor(
    entryPoint: string,
    client: Client,
    start: number,
    record: ExchangeRecord = new ExchangeRecord(),
    handling: Handling = new Handling(),
  ) {
    this.entryPoint = entryPoint
    this.client = client
    this.start = start
    this.record = record
    this.handling = handling
  }

  abstract waitUntil(task: Promise<unknown>): void

  /** True when somebody wants to know when the last byte has gone: the edge then has to watch the content. */
  get wantsEnd(): boolean {
    return this.#endListener !== null
  }

  /**
   * The exchange itself: what adapters put beside it is found there. A part of one with a limit of its own leads to it.
   */
  get exchange(): RequestContext {
    return this
  }

  /** Of the whole exchange: a part of one takes from it. */
  get stepsLeft(): number {
    return this.#stepsLeft
  }

  set stepsLeft(steps: number) {
    this.#stepsLeft = steps
  }

  /** What is under way is not wanted any more: the client went away, or a time limit is over (`expired`). */
  get aborted(): boolean {
    return this.#aborted
  }

  /** It was called off by a time limit: the client is still there and gets an answer. */
  get expired(): boolean {
    return false
  }

  /** Made on first use; `onAbort` is the cheap form. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController()
      this.#controller = controller
      this.onAbort(() => controller.abort())
    }
    return this.#controller.signal
  }

  /**
   * Called once if what is under way is called off before the exchange is over; at once if it already has been. Returns
   * how to take it back.
   */
  onAbort(listener: () => void): () => void {
    if (this.#aborted) {
      listener()
      return () => {}
    }
    this.#abortListeners ??= []
    const listeners = this.#abortListeners
    listeners.push(listener)
    return () => {
      const at = listeners.indexOf(listener)
      if (at !== -1) listeners.splice(at, 1)
    }
  }

  /** Called once, after the last byte or the abort, whatever the outcome; who comes later than that has missed it. */
  onEnd(listener: (end: ExchangeEnd) => void): void {
    this.listen(new CallAtEnd(listener))
  }

  /** `onEnd` for who is a listener itself. */
  listen(listener: EndListener): void {
    if (this.#over !== null) {
      listener.tell({ ...this.#over, aborted: true })
      return
    }
    listener.before = this.#endListener
    this.#endListener = listener
  }

  /** For who may give an answer up and ask again: gives a mark for `endSince`. */
  beginPart(): EndListener | null {
    this.hasParts = true
    return this.#endListener
  }

  /**
   * An answer is given up: what has registered since `mark` (`beginPart`) hears that its part is over, and nothing of
   * the end of the exchange. Nobody hears of it where what was there before has ended meanwhile.
   */
  endSince(mark: EndListener | null, end: ExchangeEnd): void {
    let last = this.#endListener
    while (last !== mark) {
      if (last === null) return
      last = last.before
    }
    while (this.#endListener !== mark) {
      const listener = this.#endListener!
      this.#endListener = listener.before
      listener.tell(end)
    }
  }

  /** For adapters: the client went away. */
  abort(): void {
    if (this.#aborted || this.#over !== null) return
    this.#aborted = true
    const listeners = this.#abortListeners
    this.#abortListeners = null
    if (listeners !== null) for (const listener of listeners) listener()
  }

  /**
   * For adapters: the exchange is over. Listeners run in reverse order, innermost first; a second call does nothing.
   */
  end(end: ExchangeEnd): void {
    if (this.#over !== null) return
    this.#over = end
    this.#abortListeners = null
    this.endSince(null, end)
    this.lease?.leave()
    this.lease = null
  }
}
