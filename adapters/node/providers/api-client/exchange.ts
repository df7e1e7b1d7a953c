import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { nodeHttp } from '../../node-http.ts'

const MAX_HEAD_BYTES = 64 * 1024

/** Opens a connection; throws or rejects where it can't. */
export type Connect = () => Duplex | Promise<Duplex>

export interface ExchangeOptions {
  readonly method: string
  /** With query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  /** A connection of the pool; null: one of its own by `connect`. */
  readonly agent: Agent | null
  readonly connect: Connect
  /** Each of them ends it. */
  readonly signals: readonly AbortSignal[]
  /** Until the answer is whole, or with `isStream` until its head is there; 0: no limit. */
  readonly timeoutMs: number
  /** Between two bytes; 0: no limit. */
  readonly silenceMs: number
  /** What follows the head may last for ever. */
  readonly isStream: boolean
  /** It may be sent twice. */
  readonly isRead: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The content, piece by piece. It throws where the content is not whole, and whoever stops early closes it. */
  readonly chunks: AsyncGenerator<Buffer>
}

/**
 * Sends one request and gives the answer as soon as its head is there. A request on a kept connection that the server
 * was about to close is sent once more, on another.
 */
export async function exchange(options: ExchangeOptions): Promise<Answer> {
  for (const signal of options.signals) signal.throwIfAborted()
  try {
    return await attempt(options)
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error
    return await attempt({ ...options, agent: null })
  }
}

/** Nobody read the request: the connection had been kept, and ended before any byte of an answer. */
class StaleConnection extends Error {}

function attempt(options: ExchangeOptions): Promise<Answer> {
  const { signals, timeoutMs, silenceMs, isStream } = options
  return new Promise((resolve, reject) => {
    const request = send(options)
    /** Why we end it; what the streams say then is only that it has ended. */
    let failure: Error | null = null
    const end = (reason: Error): void => {
      failure ??= reason
      request.destroy(reason)
    }
    const limit = deadline(timeoutMs, () => end(new Error(`no whole answer within ${seconds(timeoutMs)}`)))
    const silence = deadline(silenceMs, () => end(new Error(`silent for ${seconds(silenceMs)}`)))
    const callOff = (): void => end(reasonOf(signals))
    const finish = (): void => {
      limit.stop()
      silence.stop()
      for (const signal of signals) signal.removeEventListener('abort', callOff)
    }
    for (const signal of signals) signal.addEventListener('abort', callOff, { once: true })

    async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
      try {
        silence.start()
        for await (const chunk of response) {
          silence.stop()
          yield chunk as Buffer
          silence.start()
        }
        if (failure !== null) throw failure
        if (!response.complete) throw new Error('the answer ends before it is whole')
      } catch (error) {
        throw failure ?? error
      } finally {
        finish()
        if (!response.complete) request.destroy()
      }
    }

    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = failure === null && request.reusedSocket && error.code === 'ECONNRESET'
      failure ??= error
      finish()
      reject(isStale && options.isRead ? new StaleConnection('', { cause: error }) : failure)
    })
    request.once('response', (response) => {
      silence.stop()
      if (isStream) limit.stop()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks: chunksOf(response) })
    })
    // Nobody asked to switch: the connection would stay open without an owner.
    request.once('upgrade', (_, socket) => {
      socket.destroy()
      finish()
      reject(new Error('the server switches to another protocol unasked'))
    })
    request.end(options.body ?? undefined)
  })
}

function send({ method, target, headers, agent, connect }: ExchangeOptions): ClientRequest {
  return nodeHttp.request({
    method,
    path: target,
    headers,
    maxHeaderSize: MAX_HEAD_BYTES,
    setHost: false,
    ...(agent === null ? { createConnection: (_, done) => void dialInto(connect, done) } : { agent }),
  })
}

/** What can't be dialled fails the request instead of the process. */
export function dialInto(connect: Connect, done: (error: Error | null, socket: Duplex) => void): void {
  const fail = (error: unknown): void => done(error as Error, undefined as never)
  try {
    const connection = connect()
    if (connection instanceof Promise) connection.then((socket) => done(null, socket), fail)
    else done(null, connection)
  } catch (error) {
    fail(error)
  }
}

interface Deadline {
  start(): void
  stop(): void
}

function deadline(ms: number, expire: () => void): Deadline {
  let timer: NodeJS.Timeout | null = null
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  const start = (): void => {
    stop()
    if (ms > 0) timer = setTimeout(expire, ms)
  }
  start()
  return { start, stop }
}

const seconds = (ms: number): string => `${ms / 1000} s`

function reasonOf(signals: readonly AbortSignal[]): Error {
  const reason: unknown = signals.find(({ aborted }) => aborted)?.reason
  return reason instanceof Error ? reason : new Error(String(reason))
}
