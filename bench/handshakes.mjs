// node bench/handshakes.mjs [--count 2000] [--rounds 3]: CPU of a full TLS handshake (ECDSA P-256, no resumption) of
// Signalbox beside nginx, in turn, in one run. Needs openssl; nginx where it is installed. Linux only (/proc).
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '3' } },
})
const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-handshakes-'))
const [key, certificate] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
const subject = ['-subj', '/CN=bench.test', '-addext', 'subjectAltName=DNS:bench.test', '-days', '2']
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...subject], {
  stdio: 'ignore',
})

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })

/** Each gives the command that ends TLS on `port`, or null. */
const contenders = {
  signalbox(port) {
    const routing = {
      http: {
        routers: { app: { rule: 'Host(`bench.test`)', service: 'noop@internal', tls: {} } },
      },
      tls: { certificates: [{ certFile: certificate, keyFile: key }] },
    }
    writeFileSync(path.join(dir, 'routing.json'), JSON.stringify(routing))
    const cli = path.join(import.meta.dirname, '../dist/cli.js')
    return [
      process.execPath,
      cli,
      `--entryPoints.web.address=127.0.0.1:${port}`,
      `--providers.file.filename=${dir}/routing.json`,
    ]
  },
  nginx(port) {
    const command = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) => existsSync(file))
    if (command === undefined) return null
    writeFileSync(
      path.join(dir, 'nginx.conf'),
      `daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log;
events { worker_connections 1024; }
http { access_log off; server { listen 127.0.0.1:${port} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key};
  ssl_session_tickets off; location / { return 418; } } }`,
    )
    return [command, '-c', path.join(dir, 'nginx.conf'), '-p', dir]
  },
}

const handshake = (port) =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'bench.test', rejectUnauthorized: false })
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      socket.destroy()
      resolve(null)
    })
  })

async function run(port, count) {
  let left = count
  const worker = async () => {
    while (left-- > 0) await handshake(port)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

/** In microseconds; the kernel counts in hundredths of a second. */
function cpuUs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const running = []
try {
  for (const [name, make] of Object.entries(contenders)) {
    const port = await freePort()
    const argv = make(port)
    if (argv === null) {
      console.log(`${name}: not installed, left out`)
      continue
    }
    running.push({ name, port, child: spawn(argv[0], argv.slice(1), { stdio: 'ignore' }), cpu: [], rate: [] })
    for (let tries = 0; ; tries++) {
      const failed = await handshake(port).catch((error) => error)
      if (failed === null) break
      if (tries > 200) throw failed
      await sleep(50)
    }
    await run(port, 500)
  }
  const count = Number(values.count)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const contender of running) {
      const [before, start] = [cpuUs(contender.child.pid), performance.now()]
      await run(contender.port, count)
      contender.rate.push((count * 1000) / (performance.now() - start))
      contender.cpu.push((cpuUs(contender.child.pid) - before) / count)
    }
  }
  const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]
  console.log('| | CPU us a handshake | handshakes/s | Signalbox / it |\n| --- | --- | --- | --- |')
  for (const { name, cpu, rate } of running) {
    const ratio = median(running[0].cpu.map((value, round) => value / cpu[round]))
    console.log(`| ${name} | ${median(cpu).toFixed(0)} | ${median(rate).toFixed(0)} | ${ratio.toFixed(2)} |`)
  }
} finally {
  for (const { child } of running) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}
