import { type ClientHttp2Session, constants } from 'node:http2'
import { frame, MalformedAnswer, MessageSplitter } from './framing.ts'

/** A call of a method, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export interface GrpcCall {
  /** `/package.Service/Method` */
  readonly path: string
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * Messages that are sent are compressed, by the encoding that `metadata` names; servers then answer likewise, and their
   * messages are given as they came. Absent: nothing is.
   */
  readonly isCompressed?: boolean
  /** Of one message of the answer. */
  readonly maxBytes: number
}

/** The server answered with another status than OK. */
export class GrpcError extends Error {
  /** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly code: number

  constructor(code: number, message: string) {
    super(message === '' ? `gRPC status ${code}` : message)
    this.name = 'GrpcError'
    this.code = code
  }
}

export interface GrpcListener {
  onMessage(message: Buffer): void
  /** Once, and nothing after it. @param reason null: the server has ended the call in good order */
  onEnd(reason: Error | null): void
}

/** A call under way. */
export interface GrpcStream {
  send(message: Uint8Array): void
  /** Nothing more will be sent. */
  finish(): void
  /** Ends the call; the listener does not hear of it. */
  cancel(): void
}

/** Starts a call with messages in both directions, for as long as it lasts. */
export function startCall(session: ClientHttp2Session, call: GrpcCall, listener: GrpcListener): GrpcStream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: call.path,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
    ...call.metadata,
  })
  const splitter = new MessageSplitter(call.maxBytes, call.isCompressed)
  let isOver = false
  let status: { readonly code: unknown; readonly message: unknown } | null = null
  const detach = (): void => {
    isOver = true
    session.off('error', end)
    session.off('close', onSessionClose)
  }
  function end(reason: Error | null): void {
    if (isOver) return
    detach()
    if (reason !== null) stream.close(constants.NGHTTP2_CANCEL)
    listener.onEnd(reason)
  }
  function onSessionClose(): void {
    end(new Error('connection closed'))
  }
  const take = (fields: Readonly<Record<string, unknown>>): void => {
    if (fields['grpc-status'] !== undefined) status = { code: fields['grpc-status'], message: fields['grpc-message'] }
  }
  session.on('error', end)
  session.on('close', onSessionClose)
  stream.on('error', end)
  stream.on('response', (fields) => {
    const httpStatus = fields[constants.HTTP2_HEADER_STATUS]
    if (Number(httpStatus) !== 200) end(new Error(`received status ${String(httpStatus)}`))
    // An answer without content carries in its only header section what else is in the trailers.
    else take(fields)
  })
  stream.on('trailers', take)
  stream.on('data', (chunk: Buffer) => {
    if (isOver) return
    try {
      for (const message of splitter.take(chunk)) if (!isOver) listener.onMessage(message)
    } catch (error) {
      end(error as Error)
    }
  })
  // The end of the content may come before the trailers: they are waited for.
  stream.once('close', () => {
    if (status === null)
      end(stream.rstCode === 0 ? new MalformedAnswer() : new Error(`stream reset (${stream.rstCode})`))
    else if (status.code === '0') end(splitter.isBetweenMessages ? null : new MalformedAnswer())
    else end(new GrpcError(Number(status.code), decodeMessage(status.message)))
  })
  return {
    send: (message) => void stream.write(frame(message, call.isCompressed)),
    finish: () => void stream.end(),
    cancel: () => {
      detach()
      stream.close(constants.NGHTTP2_CANCEL)
    },
  }
}

/** A call with one message each way. @throws GrpcError, or an Error where there is no whole answer */
export function callOnce(
  session: ClientHttp2Session,
  call: GrpcCall,
  message: Uint8Array,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | null = null
    const onEnd = (reason: Error | null): void => {
      signal.removeEventListener('abort', callOff)
      if (reason !== null) reject(reason)
      else if (answer === null) reject(new MalformedAnswer())
      else resolve(answer)
    }
    const callOff = (): void => {
      stream.cancel()
      onEnd(signal.reason as Error)
    }
    const stream = startCall(session, call, {
      onMessage: (received) => {
        if (answer === null) answer = received
        else {
          stream.cancel()
          onEnd(new MalformedAnswer())
        }
      },
      onEnd,
    })
    if (signal.aborted) return callOff()
    signal.addEventListener('abort', callOff)
    stream.send(message)
    stream.finish()
  })
}

/** Servers escape it as URLs are; what they escape badly is shown as it is. */
function decodeMessage(message: unknown): string {
  const text = typeof message === 'string' ? message.slice(0, 1_000) : ''
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
