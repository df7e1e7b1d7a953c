import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { clientOf, Http1Server, serveHttp1 } from '../../../adapters/node/http1/server.ts'
import { stopGracefully } from '../../../adapters/node/listen/graceful-stop.ts'
import { TcpListener } from '../../../adapters/node/listen/tcp-listener.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyResponse } from '../../../src/http/response.ts'
import { defaults, get, turns, Wire } from '../http1/rig.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function dial(port: number): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(socket)
  const wire = new Wire(socket)
  await new Promise((resolve) => socket.once('connect', resolve))
  return wire
}

interface Entry {
  listener: TcpListener
  http: Http1Server
  answer: (response: ProxyResponse) => void
}

async function entry(): Promise<Entry> {
  const http = new Http1Server()
  const waiting: ((response: ProxyResponse) => void)[] = []
  const listener = new TcpListener(
    { name: 'web', address: { host: '127.0.0.1', port: 0, protocol: 'tcp' }, reusePort: false },
    { log() {} },
    (socket) =>
      serveHttp1(
        socket,
        null,
        defaults,
        (request) =>
          request.target === '/slow'
            ? new Promise((resolve) => waiting.push(resolve))
            : new ProxyResponse(200, new Fields(), 'quick'),
        clientOf(socket),
        http,
      ),
  )
  await listener.listen()
  return { listener, http, answer: (response) => waiting.shift()!(response) }
}

describe('stopGracefully', () => {
  test('idle connections close, those in flight finish, new ones are refused', async () => {
    const { listener, http, answer } = await entry()
    const { port } = listener
    const idle = await dial(port)
    await idle.send(get('/quick')).seen('quick')
    const busy = await dial(port)
    busy.send(get('/slow'))
    await turns(20)
    const stopped = stopGracefully(
      listener,
      [http],
      { requestAcceptGraceTimeoutMs: 0, graceTimeOutMs: 60_000 },
      () => new Promise(() => {}),
    )
    await idle.over()
    const refused = connect(port, '127.0.0.1')
    sockets.push(refused)
    expect(
      await new Promise((resolve) => refused.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))),
    ).toBe('ECONNREFUSED')
    answer(new ProxyResponse(200, new Fields(), 'late'))
    await busy.over()
    expect(busy.text).toContain('Connection: close\r\n\r\nlate')
    await stopped
    expect(listener.connections).toBe(0)
  })

  test('what is still open after the grace time is closed', async () => {
    const { listener, http } = await entry()
    const busy = await dial(listener.port)
    busy.send(get('/slow'))
    await turns(20)
    await stopGracefully(
      listener,
      [http],
      { requestAcceptGraceTimeoutMs: 0, graceTimeOutMs: 10 },
      async () => undefined,
    )
    await busy.over()
    expect(busy.text).toBe('')
  })

  test('during the accept grace time all is as before', async () => {
    const { listener, http } = await entry()
    let go = () => {}
    const stopped = stopGracefully(
      listener,
      [http],
      { requestAcceptGraceTimeoutMs: 1000, graceTimeOutMs: 0 },
      () =>
        new Promise<void>((resolve) => {
          go = resolve
        }),
    )
    const client = await dial(listener.port)
    await client.send(get('/quick')).seen('quick')
    expect(client.text).not.toContain('Connection: close')
    go()
    await stopped
    await client.over()
  })
})
