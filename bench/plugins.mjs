// CPU a request with a plugin in TypeScript that sets a field, beside the built-in middleware `headers` that sets the same,
// twice as a control, and none: four routers of one process, in turn, in one run. Linux only (/proc).
//
//   node bench/plugins.mjs [--rounds 15] [--requests 20000]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { freePort } from '../test/support/free-port.ts'

const CONNECTIONS = 16
/** Microseconds of a tick of the kernel's clock. */
const TICK_US = 10_000

const PLUGIN = `export default {
  name: 'stamp',
  options: { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } },
  create: ({ value }) => (next) => (request, cx) => {
    request.headers.set('X-Stamp', value)
    return next(request, cx)
  },
}
`
const headers = { headers: { customRequestHeaders: { 'X-Stamp': 'v' } } }
const middlewares = { headers, again: headers, plugin: { plugin: { stamp: { value: 'v' } } } }
const names = ['none', ...Object.keys(middlewares)]

async function main() {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '15' }, requests: { type: 'string', default: '20000' } },
  })
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-plugins-'))
  const thread = new Worker(import.meta.filename)
  const [upstream] = await once(thread, 'message')
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, '../dist/cli.js'), ...files(folder, port, upstream)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  try {
    while (!(await isUp(port))) await sleep(50)
    const requests = Number(values.requests)
    for (const name of names) await load(port, name, requests)
    const found = Object.fromEntries(names.map((name) => [name, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const name of names) {
        const before = cpuUs(child.pid)
        await load(port, name, requests)
        found[name].push((cpuUs(child.pid) - before) / requests)
      }
    }
    for (const name of names) console.log(`${name.padEnd(8)} ${median(found[name]).toFixed(1)} µs`)
    const ratio = (name) => median(found[name].map((us, at) => us / found.headers[at])).toFixed(3)
    console.log(`to headers: the same again ${ratio('again')}, the plugin ${ratio('plugin')}`)
  } finally {
    child.kill('SIGKILL')
    await thread.terminate()
    rmSync(folder, { recursive: true, force: true })
  }
}

function files(folder, port, upstream) {
  const file = (name, content) => {
    const place = path.join(folder, name)
    writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content))
    return place
  }
  const routers = Object.fromEntries(
    names.map((name) => [
      name,
      { rule: `Path(\`/${name}\`)`, service: 'app', ...(name === 'none' ? {} : { middlewares: [name] }) },
    ]),
  )
  const services = { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstream}` }] } } }
  const install = {
    entryPoints: { web: { address: `127.0.0.1:${port}` } },
    providers: { file: { filename: file('routing.yml', { http: { routers, middlewares, services } }) } },
    experimental: { localPlugins: { stamp: { module: file('stamp.mjs', PLUGIN) } } },
  }
  return ['--configFile', file('signalbox.yml', install)]
}

function serve() {
  const server = createServer((_, response) => response.end('fine'))
  server.listen(0, '127.0.0.1', () => {
    const { port } = /** @type {net.AddressInfo} */ (server.address())
    parentPort.postMessage(port)
  })
}

const isUp = (port) =>
  fetch(`http://127.0.0.1:${port}/plugin`).then(
    ({ status }) => status === 200,
    () => false,
  )

/** So many requests to a router, over connections that stay open. */
async function load(port, name, requests) {
  const each = Math.ceil(requests / CONNECTIONS)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port, name, each)))
}

function ask(port, name, count) {
  /** @type {PromiseWithResolvers<void>} */
  const { promise, resolve, reject } = Promise.withResolvers()
  const request = `GET /${name} HTTP/1.1\r\nHost: a.test\r\n\r\n`
  const socket = net.connect(port, '127.0.0.1')
  let left = count
  let text = ''
  socket.on('error', reject)
  socket.on('connect', () => socket.write(request))
  socket.on('data', (piece) => {
    text += piece
    if (!text.endsWith('fine')) return
    if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text))
    text = ''
    if (--left > 0) return socket.write(request)
    socket.destroy()
    resolve()
  })
  return promise
}

function cpuUs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

if (isMainThread) await main()
else serve()
