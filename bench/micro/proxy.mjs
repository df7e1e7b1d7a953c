// node bench/micro/proxy.mjs PORT UPSTREAM_PORT: the bare HTTP/1.1 engine, both directions, without routing.
// For profiles: node --cpu-prof --cpu-prof-dir=/tmp/prof bench/micro/proxy.mjs PORT UPSTREAM_PORT; ends on SIGINT.
import { serveHttp1 } from '../../adapters/node/http1/server.ts'
import { TcpListener } from '../../adapters/node/listen/tcp-listener.ts'
import { NodeTransports } from '../../adapters/node/upstream/transports.ts'
import { UpstreamFailure } from '../../src/http/failure.ts'
import { failureReply } from '../../src/http/replies.ts'

const [port, upstream] = process.argv.slice(2)
const transports = new NodeTransports({ log() {} })
const transport = transports.open({
  scheme: 'http',
  host: '127.0.0.1',
  port: Number(upstream),
  options: {
    error: null,
    dialTimeoutMs: 30000,
    responseHeaderTimeoutMs: 0,
    idleConnTimeoutMs: 90000,
    maxIdleConnsPerHost: 200,
    tls: { serverName: '', insecureSkipVerify: false, rootCAs: [] },
  },
})
const options = {
  entryPoint: 'web',
  maxHeaderBytes: 1048576,
  maxHeaderFields: 1000,
  readTimeoutMs: 60000,
  writeTimeoutMs: 0,
  idleTimeoutMs: 180000,
  keepAliveMaxRequests: 0,
  keepAliveMaxTimeMs: 0,
}
const accept = (request, cx) => {
  request.headers.delete('connection')
  request.headers.lines.push('X-Forwarded-For', cx.client.address)
  const answer = transport.send(request, cx)
  return answer instanceof Promise ? answer.then(reply) : reply(answer)
}
const reply = (answer) => {
  if (answer instanceof UpstreamFailure) return failureReply(answer)
  // Hop-by-hop fields, as the forwarder drops them.
  answer.headers.delete('connection')
  return answer
}
const listener = new TcpListener(
  { name: 'web', address: { host: '127.0.0.1', port: Number(port), protocol: 'tcp' }, reusePort: false },
  { log() {} },
  (socket) => serveHttp1(socket, null, options, accept),
)
await listener.listen()
process.on('SIGINT', () => process.exit(0))
