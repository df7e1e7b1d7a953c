import { connect } from 'node:http2'
import type { GrpcHealth } from '../../../src/contracts/ports.ts'
import { callOnce, GrpcError } from '../grpc/call.ts'
import { fieldsOf } from '../grpc/protobuf.ts'

/** Empty service: the server as a whole. */
const REQUEST = Buffer.alloc(0)
const SERVING = 1n
/** Octets of an answer: a status is two. */
const ANSWER_LIMIT = 4096
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const UNIMPLEMENTED = 12

/** The health protocol of gRPC over HTTP/2 without TLS: a connection for each check, as in Traefik. */
export const grpcHealth: GrpcHealth = {
  async check({ host, port }, signal) {
    if (signal.aborted) return 'timeout'
    try {
      const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
      // The call hears of it too.
      session.on('error', () => undefined)
      try {
        const call = { path: '/grpc.health.v1.Health/Check', maxBytes: ANSWER_LIMIT }
        const status = statusOf(await callOnce(session, call, REQUEST, signal))
        return status === SERVING ? null : `received gRPC health status ${status}`
      } finally {
        session.destroy()
      }
    } catch (error) {
      if (signal.aborted) return 'timeout'
      return reasonOf(error)
    }
  },
}

function reasonOf(error: unknown): string {
  if (!(error instanceof GrpcError)) return error instanceof Error ? error.message : String(error)
  if (error.code === UNIMPLEMENTED) return 'server does not implement the health protocol'
  return `gRPC status ${error.code}`
}

/** `HealthCheckResponse.status`, field 1; 0 when it is left out. */
function statusOf(answer: Buffer): bigint {
  let status = 0n
  for (const { field, value } of fieldsOf(answer)) if (field === 1 && typeof value === 'bigint') status = value
  return status
}
