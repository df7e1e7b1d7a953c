// `npm run bench`: CPU a proxied request (1 KiB, keep-alive) of Signalbox beside nginx and HAProxy, where they are
// installed: same backend, same load, in turn, in one run. Machines are noisy: read the ratios, not the numbers.
// Linux only (/proc). Options: --rounds 5 --seconds 2 --connections 32
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const BODY = Buffer.alloc(1024, 'x')

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '32' },
    },
  })
  const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-bench-'))
  const server = new Worker(import.meta.filename, { workerData: { role: 'backend' } })
  const upstream = await new Promise((resolve) => server.once('message', resolve))
  const running = []
  try {
    for (const [name, make] of Object.entries(contenders)) {
      const port = await freePort()
      const argv = make({ dir, port, upstream })
      if (argv === null) {
        console.log(`${name}: not installed, left out`)
        continue
      }
      const child = spawn(argv[0], argv.slice(1), { stdio: 'ignore' })
      running.push({ name, port, child, cpu: [], rate: [] })
      await ready(port)
    }
    const options = { seconds: Number(values.seconds), connections: Number(values.connections) }
    for (const contender of running) await measure(contender, { ...options, seconds: 1 }, false)
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const contender of running) await measure(contender, options, true)
      console.log(`round ${round}: ${running.map(({ name, cpu }) => `${name} ${cpu.at(-1).toFixed(1)} us`).join(', ')}`)
    }
    report(running)
  } finally {
    for (const { child } of running) child.kill('SIGKILL')
    await server.terminate()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Each gives the command that listens on `port` and forwards to `upstream`, or null. */
const contenders = {
  signalbox({ dir, port, upstream }) {
    const routing = {
      http: {
        routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: { app: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstream}` }] } } },
      },
    }
    const file = path.join(dir, 'routing.json')
    writeFileSync(file, JSON.stringify(routing))
    const cli = path.join(import.meta.dirname, '../dist/cli.js')
    return [process.execPath, cli, `--entryPoints.web.address=127.0.0.1:${port}`, `--providers.file.filename=${file}`]
  },
  nginx({ dir, port, upstream }) {
    const command = find('nginx')
    if (command === null) return null
    const file = path.join(dir, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000; upstream app { server 127.0.0.1:${upstream}; keepalive 64; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } } }`,
    )
    return [command, '-c', file, '-p', dir]
  },
  haproxy({ dir, port, upstream }) {
    const command = find('haproxy')
    if (command === null) return null
    const file = path.join(dir, 'haproxy.cfg')
    writeFileSync(
      file,
      `global\n  nbthread 1\ndefaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n  option forwardfor
frontend web\n  bind 127.0.0.1:${port}\n  default_backend app\nbackend app\n  http-reuse always\n  server a 127.0.0.1:${upstream}\n`,
    )
    return [command, '-db', '-f', file]
  },
}

function find(command) {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin']) {
    try {
      execFileSync('test', ['-x', path.join(folder, command)])
      return path.join(folder, command)
    } catch {
      // Not in this folder.
    }
  }
  return null
}

async function measure(contender, { seconds, connections }, counts) {
  const before = cpuUs(contender.child.pid)
  const worker = new Worker(import.meta.filename, {
    workerData: { role: 'load', port: contender.port, seconds, connections },
  })
  const { requests, failures } = await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  )
  if (failures > 0) throw new Error(`${contender.name}: ${failures} failed requests`)
  if (!counts) return
  contender.cpu.push((cpuUs(contender.child.pid) - before) / requests)
  contender.rate.push(requests / seconds)
}

/**
 * User and system time of a process with all its threads, in microseconds; the kernel counts in hundredths of a second.
 */
function cpuUs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function report(running) {
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
  const own = running.find(({ name }) => name === 'signalbox')
  console.log('\n| | CPU us a request | requests/s | Signalbox / it |\n| --- | --- | --- | --- |')
  for (const { name, cpu, rate } of running) {
    const ratio = median(own.cpu.map((value, round) => value / cpu[round]))
    console.log(`| ${name} | ${median(cpu).toFixed(1)} | ${median(rate).toFixed(0)} | ${ratio.toFixed(2)} |`)
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

async function ready(port) {
  for (let tries = 0; tries < 500; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
    if (answer?.ok) return
    await sleep(20)
  }
  throw new Error(`nothing answers on port ${port}`)
}

function backend() {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume()
    response.writeHead(200, { 'Content-Length': BODY.length, 'Content-Type': 'text/plain' })
    response.end(BODY)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(/** @type {net.AddressInfo} */ (server.address()).port))
}

/** Keep-alive requests over raw sockets: the next one goes out when the answer is complete. */
async function load({ port, seconds, connections }) {
  const text = Buffer.from(`GET / HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`)
  const end = performance.now() + seconds * 1000
  let requests = 0
  let failures = 0
  /** @returns {Promise<void>} */
  const run = () =>
    new Promise((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
      let left = -1
      socket.on('error', () => {
        failures++
        resolve()
      })
      socket.on('data', (chunk) => {
        if (left === -1) {
          const head = chunk.indexOf('\r\n\r\n')
          if (head === -1 || chunk.toString('latin1', 9, 12) !== '200') {
            failures++
            socket.destroy()
            return resolve()
          }
          left = BODY.length - (chunk.length - head - 4)
        } else left -= chunk.length
        if (left > 0) return
        requests++
        left = -1
        if (performance.now() < end) socket.write(text)
        else {
          socket.destroy()
          resolve()
        }
      })
      socket.write(text)
    })
  await Promise.all(Array.from({ length: connections }, run))
  parentPort.postMessage({ requests, failures })
}

if (isMainThread) await main()
else if (workerData.role === 'backend') backend()
else await load(workerData)
