// A thousand certificates, end to end: ordered from pebble, looked at again and again, and renewed, while clients do
// handshakes. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { parseArgs } from 'node:util'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Pebble } from './support/pebble.ts'
import { temporaryFolder } from './support/process.ts'

const { values } = parseArgs({
  options: {
    names: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(
    'Example: node test/servers/thousand-certificates.mjs --names 100\n\n--names N: so many certificates; 1000 by default',
  )
  process.exit(0)
}

const COUNT = Number(values.names)
const RENEWED = Math.ceil(COUNT / 5)
/** A look at all certificates takes place each minute (`certificatesDuration`). */
const QUIET_MS = 130_000
/** What a look at them, or a certificate that comes, may hold the loop of the proxy. */
const MOST_HELD_MS = { ordering: 50, looking: 10, renewing: 50 }
const CLIENTS = 4
const SETTLING_MS = 5_000

const names = Array.from({ length: COUNT }, (_, i) => `n${i}.example.test`)
const folder = temporaryFolder()
const storage = path.join(folder, 'acme.json')
const [plain, secure] = [await freePort(), await freePort()]
const pebble = await Pebble.start({ httpPort: plain })

let passed = 0
let failed = 0
const check = (holds, what) => {
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}`)
  if (holds) passed++
  else failed++
}

writeFileSync(
  path.join(folder, 'routing.yml'),
  JSON.stringify({
    http: {
      routers: Object.fromEntries(
        names.map((name, i) => [
          `r${i}`,
          { rule: `Host(\`${name}\`)`, service: 'noop@internal', tls: { certResolver: 'le' } },
        ]),
      ),
    },
  }),
)

let proxy = await start()
const began = performance.now()
await until(
  () => stored().length,
  (count) => count === COUNT,
  COUNT * 2_000,
)
const seconds = (performance.now() - began) / 1000
check(true, `${COUNT} certificates ordered in ${seconds.toFixed(0)} s`)
// The last one comes into force.
await sleep(SETTLING_MS)
checkHeld('ordering', await held())

await sleep(QUIET_MS)
checkHeld('looking', await held())
await stop()

const old = new Set(stored().map(({ certificate }) => certificate))
const past = (minutes) => new Date(Date.now() - minutes * 60_000)
for (const { certificate } of stored().slice(0, RENEWED)) {
  await pebble.suggest(Buffer.from(certificate, 'base64').toString(), past(120), past(60))
}
proxy = await start()
const clients = startClients()
await until(
  () => stored().filter(({ certificate }) => !old.has(certificate)).length,
  (count) => count === RENEWED,
  RENEWED * 5_000 + 120_000,
)
const { handshakes, wrong } = await clients.stop()
check(true, `${RENEWED} certificates renewed`)
checkHeld('renewing', await held())
check(
  handshakes > 0 && wrong.length === 0,
  `${handshakes} handshakes meanwhile, ${wrong.length} of them failed ${wrong.slice(0, 3)}`,
)
await stop()
await pebble.stop()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

function checkHeld(what, { mostMs, withCollectionsMs }) {
  const limit = MOST_HELD_MS[what]
  const both = `${mostMs.toFixed(1)} ms at most (limit ${limit} ms); ${withCollectionsMs.toFixed(1)} ms with collections of garbage`
  check(mostMs <= limit, `${what}: the loop held for ${both}`)
}

async function start() {
  const acme = '--certificatesResolvers.le.acme'
  const args = [
    ...['--import', new URL('support/held-loop.mjs', import.meta.url).href],
    path.join(import.meta.dirname, '../../dist/cli.js'),
    ...[`--entryPoints.plain.address=127.0.0.1:${plain}`, `--entryPoints.websecure.address=127.0.0.1:${secure}`],
    `--providers.file.filename=${path.join(folder, 'routing.yml')}`,
    ...[`${acme}.storage=${storage}`, `${acme}.httpChallenge.entryPoint=plain`, `${acme}.certificatesDuration=1`],
    ...pebble.flags,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  // It goes with this process, whatever happens.
  process.once('exit', () => child.kill('SIGKILL'))
  await until(
    () => handshake(names[0]),
    (shown) => shown !== null,
    60_000,
  )
  // What a start costs is not of interest here.
  await held(child)
  return child
}

async function stop() {
  proxy.kill('SIGTERM')
  await once(proxy, 'exit')
}

/** How long the loop was held at most since the last time. */
async function held(of = proxy) {
  const answer = once(of, 'message')
  of.send('held?')
  return (await answer)[0]
}

function stored() {
  try {
    return JSON.parse(readFileSync(storage, 'utf8')).le?.Certificates ?? []
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return []
    throw error
  }
}

/** Names of the certificate that is shown for a name, and whether it is one of the authority's; null: the handshake failed. */
function handshake(servername) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port: secure, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      const { issuer, subjectAltName } = socket.getPeerX509Certificate()
      resolve({ isIssued: issuer.includes('Pebble'), names: subjectAltName })
      socket.end()
    })
    socket.once('error', reject)
  }).catch(() => null)
}

function startClients() {
  let isOver = false
  let handshakes = 0
  const wrong = []
  const run = async () => {
    while (!isOver) {
      const name = names[Math.floor(Math.random() * COUNT)]
      const shown = await handshake(name)
      handshakes++
      if (shown?.isIssued !== true || shown.names !== `DNS:${name}`) wrong.push(`${name}: ${JSON.stringify(shown)}`)
      await sleep(5)
    }
  }
  const all = Promise.all(Array.from({ length: CLIENTS }, run))
  return {
    async stop() {
      isOver = true
      await all
      return { handshakes, wrong }
    },
  }
}
