import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { grpcHealth } from '../../../adapters/node/health/grpc-health.ts'

const servers: Http2Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Asks a server that answers as given. */
async function ask(answer: (stream: ServerHttp2Stream) => void, signal = new AbortController().signal) {
  const asked: { path: string; body: string }[] = []
  const server = createServer()
  servers.push(server)
  server.on('stream', (stream, fields) => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      asked.push({
        path: `${fields[':method']} ${fields[':path']} ${fields['content-type']}`,
        body: Buffer.concat(chunks).toString('hex'),
      })
      answer(stream)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { reason: await grpcHealth.check({ host: '127.0.0.1', port }, signal), asked }
}

const bytes = (content: number[]) => (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 })
  stream.end(Buffer.from(content))
}

const message =
  (content: number[], status = '0') =>
  (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
    stream.end(Buffer.from([0, 0, 0, 0, content.length, ...content]))
  }

describe('the gRPC health protocol', () => {
  test('asks for the server as a whole; SERVING is up', async () => {
    const { reason, asked } = await ask(message([0x08, 1]))
    expect(reason).toBeNull()
    expect(asked).toEqual([{ path: 'POST /grpc.health.v1.Health/Check application/grpc', body: '0000000000' }])
  })

  test.each<[string, (stream: ServerHttp2Stream) => void, RegExp]>([
    ['NOT_SERVING', message([0x08, 2]), /health status 2/],
    ['no status at all', message([]), /health status 0/],
    ['a status of gRPC', message([0x08, 1], '5'), /gRPC status 5/],
    [
      'an answer without content',
      (stream) => stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true }),
      /does not implement/,
    ],
    ['another status', (stream) => stream.respond({ ':status': 404 }, { endStream: true }), /status 404/],
    ['no message', (stream) => stream.respond({ ':status': 200 }, { endStream: true }), /malformed/],
    ['a compressed message', bytes([1, 0, 0, 0, 2, 8, 1]), /malformed/],
    ['a long answer', bytes([0, 0, 0, 0x27, 0x10, ...Array.from({ length: 10_000 }, () => 0)]), /too long/],
    ['a stream that is reset', (stream) => stream.close(2), /./],
  ])('%s is down', async (_, answer, reason) => {
    expect((await ask(answer)).reason).toMatch(reason)
  })

  test('nobody there is down', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => {
      server.close(resolve)
    })
    expect(await grpcHealth.check({ host: '127.0.0.1', port }, new AbortController().signal)).toMatch(/ECONNREFUSED/)
  })

  test('the signal ends the wait', async () => {
    const controller = new AbortController()
    const { reason } = await ask(() => controller.abort(), controller.signal)
    expect(reason).toBe('timeout')
    expect(await grpcHealth.check({ host: '127.0.0.1', port: 1 }, controller.signal)).toBe('timeout')
  })
})
