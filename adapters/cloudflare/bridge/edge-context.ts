import { type Client, type EndListener, RequestContext, type TlsInfo } from '../../../src/http/request-context.ts'
import type { Received } from './native-headers.ts'
import { onDemand } from './on-demand.ts'
import type { NativeRequest } from './request.ts'

/** The exchange of one request in workerd. */
export class EdgeContext extends RequestContext {
  /** Null where fields can't be told apart by name. */
  readonly received: Received | null
  /** Of the plan by which it is answered; null: there is none. */
  readonly revision: number | null
  readonly native: NativeRequest
  readonly #execution: ExecutionContext
  /** What a client that leaves is said to have got: the status of the answer, once its head is on the way. */
  statusOfHead = 499
  #isWatched = false

  /** @param trustsCaller see `SIGNALBOX_TRUST_CALLER` */
  constructor(
    entryPoint: string,
    native: NativeRequest,
    received: Received | null,
    execution: ExecutionContext,
    start: number,
    trustsCaller = false,
    revision: number | null = null,
  ) {
    super(entryPoint, new EdgeClient(native, trustsCaller), start)
    this.received = received
    this.revision = revision
    this.native = native
    this.#execution = execution
  }

  /** The runtime tells of a client that leaves to whom it asks by the request's signal, and ends everything else. */
  override listen(listener: EndListener): void {
    super.listen(listener)
    if (this.#isWatched) return
    this.#isWatched = true
    this.native.signal.addEventListener('abort', () => {
      this.abort()
      this.end({ status: this.statusOfHead, size: 0, requestSize: 0, aborted: true })
    })
  }

  /** The exchange is over. @param size bytes of content that have gone to the client */
  sent(status: number, size: number, aborted = false): void {
    const requestSize = Number(this.native.headers.get('content-length') ?? 0) || 0
    this.end({ status, size, requestSize, aborted })
  }

  override waitUntil(task: Promise<unknown>): void {
    this.#execution.waitUntil(task)
  }
}

class EdgeClient implements Client {
  /** Empty where nobody who can be believed tells it. */
  readonly address: string
  readonly port = 0
  readonly #native: NativeRequest
  readonly #isBelieved: boolean

  constructor(native: NativeRequest, trustsCaller: boolean) {
    this.#native = native
    this.#isBelieved = trustsCaller || isOfNetwork(native)
    this.address = (this.#isBelieved && native.headers.get('cf-connecting-ip')) || ''
  }

  /** Made on demand: reading `cf` parses it. */
  get tls(): TlsInfo | null {
    if (!this.#isBelieved) return null
    const cf = this.#native.cf as IncomingRequestCfProperties | undefined
    if (typeof cf?.tlsVersion !== 'string' || cf.tlsVersion === '') return null
    return {
      version: cf.tlsVersion,
      cipher: cf.tlsCipher,
      serverName: null,
      options: null,
      certificates: () => onDemand.certificatesOf(cf.tlsClientAuth),
    }
  }
}

/**
 * Whether the network has taken this request from its client and has written the field itself. What a Worker's `fetch`
 * sends is marked with `CF-Worker`, and its field follows what that Worker wrote; what comes by a service binding holds
 * any fields, and without further ado no `cf`.
 */
export const isOfNetwork = ({ headers, cf }: NativeRequest): boolean => !headers.has('cf-worker') && cf !== undefined
