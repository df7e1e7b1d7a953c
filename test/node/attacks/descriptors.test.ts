import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const main = path.resolve(import.meta.dirname, '../../../adapters/cli/main.ts')
/** Open files that the proxy may have. */
const FILES = 160

let dir: string
let child: ChildProcess
let output = ''
let web = 0
let u = 0
const sockets: (UdpSocket | Socket)[] = []

beforeEach(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-descriptors-'))
  const routing = path.join(dir, 'routing.yml')
  writeFileSync(
    routing,
    `http: { routers: { p: { rule: "Path(\`/p\`)", service: ping@internal } } }
udp:
  routers: { r: { service: s } }
  services: { s: { loadBalancer: { servers: [{ address: "127.0.0.1:9" }] } } }
`,
  )
  ;[web, u] = [await freePort(), await freePort()]
  const flags = [
    `--entryPoints.web.address=127.0.0.1:${web}`,
    `--entryPoints.u.address=127.0.0.1:${u}/udp`,
    '--entryPoints.u.udp.timeout=2s',
    `--providers.file.filename=${routing}`,
    '--ping.manualRouting=true',
  ]
  output = ''
  child = spawn('sh', ['-c', `ulimit -n ${FILES}; exec "$@"`, 'sh', process.execPath, main, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout!.on('data', (chunk) => {
    output += chunk
  })
  child.stderr!.resume()
  await until(status, (answer) => answer === 200, 20_000)
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) 'destroy' in socket ? socket.destroy() : socket.close()
  child.kill('SIGKILL')
  await once(child, 'exit')
  rmSync(dir, { recursive: true, force: true })
})

const status = () =>
  fetch(`http://127.0.0.1:${web}/p`, { headers: { Connection: 'close' } }).then(
    (answer) => answer.status,
    () => 0,
  )

const complaints = () => output.split('\n').filter((line) => line.includes('new ones are refused')).length

test('UDP clients without end take their share, and HTTP goes on', async () => {
  for (let i = 0; i < 4 * FILES; i++) {
    const socket = createSocket('udp4')
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.send('x', u, '127.0.0.1')
  }
  await until(complaints, (count) => count > 0)
  for (let i = 0; i < 5; i++) expect(await status()).toBe(200)
  expect(complaints()).toBe(1)
  expect(output).not.toMatch(/EMFILE/)
})

test('TCP connections without end take their share, and it is free again when they have left', async () => {
  let refused = 0
  for (let i = 0; i < 2 * FILES; i++) {
    const socket = connect(web, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => refused++)
  }
  await until(
    () => refused,
    (count) => count >= 2 * FILES - 0.75 * (FILES / 2),
  )
  expect(complaints()).toBe(1)
  expect(output).not.toMatch(/EMFILE/)
  for (const socket of sockets.splice(0)) (socket as Socket).destroy()
  await until(status, (answer) => answer === 200)
})
