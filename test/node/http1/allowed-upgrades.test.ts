import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startProxy, type TestProxy } from '../../support/node-proxy.ts'
import { Wire } from './rig.ts'

let proxy: TestProxy
let server: Server

afterEach(async () => {
  await proxy.stop()
  server.closeAllConnections()
  server.close()
})

test('an upgrade that is not allowed goes on as an ordinary request, an allowed one switches', async () => {
  server = createServer((request, response) => response.end(`ordinary ${request.headers.upgrade ?? 'none'}`))
  server.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    )
    socket.end('switched')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  proxy = await startProxy(
    JSON.stringify({
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: {
          app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }], allowedUpgrades: ['websocket'] } },
        },
      },
    }),
  )
  const ask = (protocol: string) => `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  const wire = new Wire(socket)
  // The connection goes on as one of HTTP.
  for (let i = 0; i < 2; i++) {
    await wire.send(ask('spdy/3.1')).seen('ordinary none')
    expect(wire.take()).toMatch(/^HTTP\/1\.1 200 /)
  }
  await wire.send(ask('WebSocket')).seen('switched')
  expect(wire.take()).toMatch(/^HTTP\/1\.1 101 /)
  socket.destroy()
})
