import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

/** Ends with the load of `/wait.js`, which comes when the page has called `/done`; so the DOM is printed with all in it. */
const page = `<!doctype html><title>page</title><p id="echo">nothing</p><p id="protocol"></p><p id="upload"></p>
<script>
const put = (id, text) => { document.getElementById(id).textContent = text }
const done = () => fetch('/done', { method: 'POST' })
const socket = new WebSocket('wss://' + location.host + '/socket')
socket.onopen = () => socket.send('over the wall')
socket.onerror = () => { put('echo', 'failed'); done() }
socket.onmessage = async ({ data }) => {
  put('echo', 'echo: ' + data)
  put('protocol', performance.getEntriesByType('navigation')[0].nextHopProtocol)
  const answer = await fetch('/upload', { method: 'POST', body: new Uint8Array(300000) })
  put('upload', await answer.text())
  socket.close(1000)
  done()
}
</script>
<script src="/wait.js" async></script>`

const rig = new PeerRig()
const seen: string[] = []
let release: () => void
const released = new Promise<void>((resolve) => {
  release = resolve
})
const sockets: Socket[] = []

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let octets = 0
  for await (const chunk of request) octets += (chunk as Buffer).length
  if (request.url === '/') response.setHeader('Content-Type', 'text/html').end(page)
  else if (request.url === '/upload') response.end(`${octets} octets`)
  else if (request.url === '/wait.js') {
    await released
    response.setHeader('Content-Type', 'text/javascript').end('// done')
  } else if (request.url === '/done') {
    response.end()
    release()
  } else response.writeHead(404).end()
}

/** Takes a WebSocket and sends back each short message, one frame a read (RFC 6455, section 5.2). */
function echo(request: IncomingMessage, socket: Socket): void {
  sockets.push(socket)
  seen.push(`${request.headers.host?.split(':')[0]} ${request.headers['x-forwarded-proto']}`)
  const accept = createHash('sha1').update(
    `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  )
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`)
  socket.on('error', () => undefined)
  socket.on('data', (frame: Buffer) => {
    const length = frame[1]! & 0x7f
    const content = Buffer.from(frame.subarray(6, 6 + length).map((octet, at) => octet ^ frame[2 + (at % 4)]!))
    seen.push(frame[0] === 0x88 ? `close ${content.readUInt16BE()}` : content.toString())
    socket.write(Buffer.concat([Buffer.from([frame[0]!, length]), content]))
    if (frame[0] === 0x88) socket.end()
  })
}

const server = createServer((request, response) => void answer(request, response))
let port: number

beforeAll(async () => {
  server.on('upgrade', echo)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const authority = await Authority.make(rig)
  port = await freePort()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await rig.proxy(
    {
      http: {
        routers: { page: { entryPoints: ['secure'], rule: 'Host(`page.test`)', service: 'page', tls: {} } },
        services: { page: { loadBalancer: { servers: [{ url }] } } },
      },
      tls: { certificates: [await authority.issue('page.test')] },
    },
    [`--entryPoints.secure.address=127.0.0.1:${port}`],
  )
})

afterAll(async () => {
  await rig.close()
  for (const socket of sockets) socket.destroy()
  server.closeAllConnections()
  server.close()
})

test('Chromium: a page over HTTP/2 with an upload, and a WebSocket, all over TLS', async () => {
  const quiet = ['background-networking', 'component-update', 'sync', 'gpu', 'quic', 'dev-shm-usage', 'extensions']
  const { text, errors } = await rig.run(
    'chromium',
    [
      ...[
        '--headless',
        '--no-sandbox',
        '--no-first-run',
        '--no-proxy-server',
        ...quiet.map((name) => `--disable-${name}`),
      ],
      ...['--ignore-certificate-errors', `--user-data-dir=${path.join(rig.dir, 'profile')}`],
      ...[
        '--host-resolver-rules=MAP page.test 127.0.0.1',
        '--timeout=40000',
        '--dump-dom',
        `https://page.test:${port}/`,
      ],
    ],
    { env: { HOME: rig.dir } },
  )
  expect(text, errors).toContain('<p id="echo">echo: over the wall</p>')
  expect(text).toContain('<p id="protocol">h2</p>')
  expect(text).toContain('<p id="upload">300000 octets</p>')
  expect(seen).toEqual(['page.test wss', 'over the wall', 'close 1000'])
})
