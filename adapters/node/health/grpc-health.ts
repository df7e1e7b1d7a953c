import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { GrpcHealth, GrpcTarget } from '../../../src/contracts/ports.ts'

/** Empty service: the server as a whole. One uncompressed message without content. */
const REQUEST = Buffer.from([0, 0, 0, 0, 0])
const SERVING = 1
/** Octets of an answer: a status is two. */
const ANSWER_LIMIT = 4096
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const UNIMPLEMENTED = '12'

/** The health protocol of gRPC over HTTP/2 without TLS: a connection for each check, as in Traefik. */
export const grpcHealth: GrpcHealth = {
  check(target, signal) {
    if (signal.aborted) return Promise.resolve('timeout')
    return new Promise((resolve) => {
      const check = new Check(target, (reason) => {
        signal.removeEventListener('abort', onAbort)
        resolve(reason)
      })
      const onAbort = () => check.end('timeout')
      signal.addEventListener('abort', onAbort)
      check.start()
    })
  },
}

/** One call of `grpc.health.v1.Health/Check`; ends once. */
class Check {
  readonly #authority: string
  readonly #done: (reason: string | null) => void
  #session: ClientHttp2Session | null = null
  #answer = Buffer.alloc(0)
  #over = false

  constructor({ host, port }: GrpcTarget, done: (reason: string | null) => void) {
    this.#authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    this.#done = done
  }

  start(): void {
    try {
      const session = connect(`http://${this.#authority}`)
      this.#session = session
      session.on('error', (error) => this.end(error.message))
      session.on('close', () => this.end('connection closed'))
      this.#call(session)
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error))
    }
  }

  #call(session: ClientHttp2Session): void {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    })
    stream.on('error', (error) => this.end(error.message))
    stream.on('response', (fields) => {
      const status = fields[constants.HTTP2_HEADER_STATUS]
      if (Number(status) !== 200) this.end(`received status ${String(status)}`)
      // An answer without content carries in its only header section what else is in the trailers.
      else this.#judgeStatus(fields['grpc-status'])
    })
    stream.on('trailers', (fields) => this.#judgeStatus(fields['grpc-status']))
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.on('end', () => this.#judgeAnswer(stream))
    stream.end(REQUEST)
  }

  #judgeStatus(status: string | string[] | undefined): void {
    if (status === undefined || status === '0') return
    this.end(
      status === UNIMPLEMENTED ? 'server does not implement the health protocol' : `gRPC status ${String(status)}`,
    )
  }

  #take(chunk: Buffer): void {
    if (this.#answer.length + chunk.length > ANSWER_LIMIT) this.end('answer is too long')
    else this.#answer = Buffer.concat([this.#answer, chunk])
  }

  /** The stream's end may come before its trailers: they are waited for. */
  #judgeAnswer(stream: ClientHttp2Stream): void {
    stream.once('close', () => {
      const status = statusOf(this.#answer)
      if (status === null) this.end('malformed answer')
      else this.end(status === SERVING ? null : `received gRPC health status ${status}`)
    })
  }

  /** @param reason null: the server is well */
  end(reason: string | null): void {
    if (this.#over) return
    this.#over = true
    this.#session?.destroy()
    this.#done(reason)
  }
}

/** `HealthCheckResponse.status` out of one message: field 1, a varint; 0 when it is left out. */
function statusOf(answer: Buffer): number | null {
  if (answer.length < REQUEST.length || answer[0] !== 0) return null
  const length = answer.readUInt32BE(1)
  if (answer.length !== REQUEST.length + length) return null
  if (length === 0) return 0
  const [tag, value] = answer.subarray(REQUEST.length)
  return length === 2 && tag === 0x08 && value !== undefined && value < 0x80 ? value : null
}
