import { type ClientHttp2Session, connect } from 'node:http2'
import type { HostPort } from '../../../../../src/compiler/planning/host-port.ts'
import { callOnce, GrpcError, type GrpcListener, type GrpcStream, startCall } from '../../../grpc/call.ts'
import { reasonOf } from '../../api-client/api-error.ts'
import type { ClientTls } from '../../api-client/client-tls.ts'
import { dial } from '../../api-client/dial.ts'
import { ProviderRefused } from '../../provider.ts'
import { addressText } from '../address.ts'
import { authenticateRequest, tokenIn } from './messages.ts'

/** How the cluster is spoken to; an empty name: nobody logs in. */
export interface EtcdLogin {
  readonly username: string
  readonly password: string
  readonly tls: ClientTls | undefined
}

const ANSWER_MS = 10_000
/** Servers drop who asks more often than every 5 s. */
const PING_MS = 6_000
const PONG_MS = 5_000
/** Octets of a message: as much as all that is taken. */
const MAX_BYTES = 64 * 1024 * 1024
const WINDOW_BYTES = 4 * 1024 * 1024

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const INVALID_ARGUMENT = 3
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9
const UNAUTHENTICATED = 16

/** A connection to a member of an etcd cluster, logged in; it ends once, and is not made again. */
export class EtcdSession {
  readonly peer: string
  readonly #session: ClientHttp2Session
  readonly #login: EtcdLogin
  readonly #ping: NodeJS.Timeout
  #token = ''
  /** Ends what waits for an answer. */
  readonly #life = new AbortController()

  private constructor(session: ClientHttp2Session, peer: string, login: EtcdLogin, onLost: (reason: Error) => void) {
    this.peer = peer
    this.#session = session
    this.#login = login
    this.#ping = setInterval(() => this.#askForLife(), PING_MS)
    let cause: unknown = null
    session.on('error', (error) => {
      cause = error
    })
    session.once('close', () => {
      if (this.#life.signal.aborted) return
      const reason = new Error(`${peer}: ${cause === null ? 'connection closed' : reasonOf(cause)}`)
      this.#end(reason)
      onLost(reason)
    })
  }

  /**
   * @param onLost hears of the end, unless it is our own
   * @throws `ProviderRefused` where the server does not want us
   */
  static async open(
    address: HostPort,
    login: EtcdLogin,
    signal: AbortSignal,
    onLost: (reason: Error) => void,
  ): Promise<EtcdSession> {
    const { tls } = login
    const way = { kind: 'tcp', ...address, secure: tls !== undefined } as const
    const peer = addressText(address)
    const socket = dial(way, tls ?? {}, 'h2')
    const http2 = connect(`${way.secure ? 'https' : 'http'}://${peer}`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    })
    http2.once('connect', () => http2.setLocalWindowSize(WINDOW_BYTES))
    let isOpen = false
    const session = new EtcdSession(http2, peer, login, (reason) => {
      if (isOpen) onLost(reason)
    })
    const callOff = () => session.close()
    signal.addEventListener('abort', callOff)
    try {
      signal.throwIfAborted()
      await session.#connected()
      await session.#logIn()
      isOpen = true
      return session
    } catch (error) {
      session.close()
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', callOff)
    }
  }

  /** Calls a method with one message each way. Logs in again where the token is not taken any more. */
  async call(path: string, message: Buffer): Promise<Buffer> {
    try {
      return await this.#call(path, message)
    } catch (error) {
      if (this.#token === '' || !isOldToken(error)) throw refusalIn(error)
    }
    await this.#logIn()
    try {
      return await this.#call(path, message)
    } catch (error) {
      throw refusalIn(error)
    }
  }

  /** Starts a call whose answers come as long as it lasts. */
  stream(path: string, listener: GrpcListener): GrpcStream {
    // A member that is cut off from the others ends it, instead of staying silent.
    const metadata = { ...this.#metadata(), hasleader: 'true' }
    return startCall(this.#session, { path, metadata, maxBytes: MAX_BYTES }, listener)
  }

  close(): void {
    this.#end(new Error('closed'))
  }

  #end(reason: Error): void {
    clearInterval(this.#ping)
    this.#life.abort(reason)
    this.#session.destroy()
  }

  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#session.once('connect', () => resolve())
      this.#life.signal.addEventListener('abort', () => reject(this.#life.signal.reason))
    })
  }

  async #logIn(): Promise<void> {
    const { username, password } = this.#login
    this.#token = ''
    if (username === '') return
    try {
      const answer = await this.#call('/etcdserverpb.Auth/Authenticate', authenticateRequest(username, password))
      this.#token = tokenIn(answer)
    } catch (error) {
      // Nobody has to log in.
      if (error instanceof GrpcError && error.code === FAILED_PRECONDITION) return
      throw refusalIn(error)
    }
  }

  #call(path: string, message: Buffer): Promise<Buffer> {
    const limit = AbortSignal.timeout(ANSWER_MS)
    const signal = AbortSignal.any([this.#life.signal, limit])
    const call = { path, metadata: this.#metadata(), maxBytes: MAX_BYTES }
    return callOnce(this.#session, call, message, signal).catch((error: unknown) => {
      throw limit.aborted ? new Error(`${this.peer}: no answer within ${ANSWER_MS / 1000} s`) : error
    })
  }

  #metadata(): Record<string, string> {
    return this.#token === '' ? {} : { token: this.#token }
  }

  #askForLife(): void {
    const limit = setTimeout(() => this.#session.destroy(new Error(`no answer within ${PONG_MS / 1000} s`)), PONG_MS)
    const isSent = this.#session.ping(() => clearTimeout(limit))
    // It is closing, which ends it anyway.
    if (!isSent) clearTimeout(limit)
    this.#session.once('close', () => clearTimeout(limit))
  }
}

const isOldToken = (error: unknown): boolean =>
  error instanceof GrpcError &&
  (error.code === UNAUTHENTICATED || error.message.includes('revision of auth store is old'))

/** The error that says so, where a server answered that it does not want us; any other as it is. */
export function refusalIn(error: unknown): unknown {
  if (!(error instanceof GrpcError)) return error
  const isRefusal =
    error.code === PERMISSION_DENIED ||
    error.code === UNAUTHENTICATED ||
    (error.code === INVALID_ARGUMENT && /authentication failed|user name/.test(error.message))
  return isRefusal ? new ProviderRefused(error.message) : error
}
