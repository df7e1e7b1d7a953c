// node bench/memory.mjs [--tls 2000] [--udp 5000]: memory of the proxy a connection at rest, after a collection's worth
// of time. Linux only (/proc); needs as many file descriptors (`ulimit -n`).
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { tls: { type: 'string', default: '2000' }, udp: { type: 'string', default: '5000' } },
})
const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-memory-'))
const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
const backend = createServer((_, response) => response.end('ok'))
const backendPort = await listening(backend)
const echo = dgram.createSocket('udp4')
echo.on('message', (message, peer) => echo.send(message, peer.port, peer.address))
await new Promise((resolve) => echo.bind(0, '127.0.0.1', () => resolve(null)))
const probe = net.createServer()
const port = await listening(probe)
await new Promise((resolve) => probe.close(resolve))

writeFileSync(
  path.join(dir, 'routing.json'),
  JSON.stringify({
    http: {
      routers: { app: { rule: 'PathPrefix(`/`)', service: 'app', entryPoints: ['web'], tls: {} } },
      services: { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${backendPort}` }] } } },
    },
    udp: {
      routers: { echo: { service: 'echo', entryPoints: ['dns'] } },
      services: { echo: { loadBalancer: { servers: [{ address: `127.0.0.1:${echo.address().port}` }] } } },
    },
  }),
)
const proxy = spawn(
  process.execPath,
  [
    path.join(import.meta.dirname, '../dist/cli.js'),
    `--entryPoints.web.address=127.0.0.1:${port}`,
    `--entryPoints.dns.address=127.0.0.1:${port}/udp`,
    '--entryPoints.dns.udp.timeout=600s',
    `--providers.file.filename=${dir}/routing.json`,
  ],
  { stdio: 'inherit' },
)
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${proxy.pid}/status`, 'utf8'))[1]) / 1024
const kept = []

/** One request over TLS; the connection stays. */
const secure = () =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'app.test', rejectUnauthorized: false })
    socket.on('error', reject)
    socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n'))
    socket.once('data', () => resolve(kept.push(socket)))
  })

/** One datagram and its answer; the session stays. */
const session = () =>
  new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4')
    const again = setInterval(() => socket.send('x', port, '127.0.0.1'), 500)
    socket.once('error', reject)
    socket.once('message', () => {
      clearInterval(again)
      kept.push(socket)
      resolve(null)
    })
    socket.send('x', port, '127.0.0.1')
  })

async function measure(name, count, open) {
  const before = rss()
  for (let done = 0; done < count; done += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - done) }, open))
  await sleep(3000)
  const after = rss()
  const each = ((after - before) * 1024) / count
  console.log(`${count} ${name}: ${before.toFixed(0)} -> ${after.toFixed(0)} MiB, ${each.toFixed(1)} KiB each`)
}

try {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await secure()
      break
    } catch {
      await sleep(50)
    }
  }
  await session()
  // Once over the hump of first use: code compiled, pools filled.
  await measure('TLS connections to warm up', 200, secure)
  await measure('idle TLS connections', Number(values.tls), secure)
  await measure('UDP sessions', Number(values.udp), session)
} finally {
  proxy.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
  process.exit()
}
