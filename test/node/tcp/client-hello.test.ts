import { createServer } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { expect, test } from 'vitest'
import { ClientHelloReader } from '../../../src/engine/streams/tcp/client-hello.ts'

/** What a real client sends first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const first = new Promise<Buffer>((resolve) => {
    server.once('connection', (socket) => socket.once('data', resolve))
  })
  const client = connect({ port: address.port, host: '127.0.0.1', ...options })
  client.on('error', () => undefined)
  try {
    return await first
  } finally {
    client.destroy()
    server.close()
  }
}

test.each<[string, ConnectionOptions, object]>([
  ['TLS 1.3', { servername: 'A.Example' }, { serverName: 'a.example', protocols: [] }],
  [
    'TLS 1.2 alone, with ALPN',
    { servername: 'b.example', ALPNProtocols: ['h2', 'http/1.1'], maxVersion: 'TLSv1.2' },
    { serverName: 'b.example', protocols: ['h2', 'http/1.1'] },
  ],
  ['without SNI', { host: '127.0.0.1' }, { serverName: '', protocols: [] }],
  [
    'with hybrid groups',
    { servername: 'c.example', ecdhCurve: 'X25519MLKEM768:X25519:P-256' },
    { serverName: 'c.example', protocols: [] },
  ],
])('%s', async (_, options, expected) => {
  const bytes = await helloOf(options)
  expect(new ClientHelloReader().take(bytes)).toEqual(expected)
  const octetwise = new ClientHelloReader()
  let answer: unknown = 'more'
  for (let at = 0; at < bytes.length && answer === 'more'; at++) answer = octetwise.take(bytes.subarray(at, at + 1))
  expect(answer).toEqual(expected)
})
