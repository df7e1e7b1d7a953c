// TCP services that share connections, count them and look after their servers.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { freePort } from '../../../support/free-port.ts'

/** What a server says to `ping`, and whether it says something before it is asked. */
const PROBED = {
  good: { answer: 'pong' },
  longer: { answer: 'pong and more' },
  wrong: { answer: 'pang' },
  short: { answer: 'po' },
  pieces: { answer: 'po', rest: 'ng' },
  slow: { answer: 'pong', afterMs: 250 },
  first: { greeting: 'pong' },
  mute: {},
  closing: { closes: true },
  secure: { answer: 'pong', isSecure: true },
}
const INTERVAL_MS = 100
/** So long servers are looked after before they are connected to. */
const SETTLED_MS = 450

/** Starts the servers; `draw` makes a configuration and what is tried with it. */
export async function startSharing(pki) {
  const servers = {}
  for (const [name, behaviour] of Object.entries(PROBED)) servers[name] = await startProbed(name, behaviour, pki.a)
  const gone = await freePort()
  const portOf = (name) => (name === 'gone' ? gone : servers[name].address().port)
  const lone = (name) => ({ loadBalancer: { servers: [{ address: `127.0.0.1:${portOf(name)}` }] } })

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    const weights = Array.from({ length: 3 }, () => random.pick([0, 1, 2, 3, 4]))
    const members = ['good', 'longer', 'wrong'].map((name, i) => ({ name: `sh-${name}`, weight: weights[i] }))
    const amount = random.pick([0, 1, 2, 5])
    const healthCheck = {
      interval: `${INTERVAL_MS}ms`,
      timeout: random.pick(['90ms', '2s']),
      ...(random.chance(0.8) ? { send: random.pick(['ping', 'pi']) } : {}),
      ...(random.chance(0.8) ? { expect: random.pick(['pong', 'po', 'pong and more', 'pang']) } : {}),
      ...(random.chance(0.2) ? { port: portOf(random.pick([...Object.keys(PROBED), 'gone'])) } : {}),
      ...(random.chance(0.3) ? { unhealthyInterval: `${INTERVAL_MS}ms` } : {}),
    }
    const checked = random.pick([...Object.keys(PROBED), 'secure', 'gone'])
    // By TLS or not, rightly and wrongly.
    const isSecure = checked === 'secure' ? random.chance(0.8) : random.chance(0.05)
    const way = {
      tls: { serverName: random.pick(['a.test', 'b.test']), rootCAs: [pki.authority.certFile] },
      ...(random.chance(0.2) ? { proxyProtocol: {} } : {}),
    }
    const services = {
      ...Object.fromEntries(['good', 'longer', 'wrong'].map((name) => [`sh-${name}`, lone(name)])),
      turns: random.chance(0.7)
        ? { weighted: { services: members } }
        : {
            loadBalancer: {
              servers: ['good', 'longer', 'wrong'].map((name) => ({ address: `127.0.0.1:${portOf(name)}` })),
            },
          },
      checked: {
        loadBalancer: {
          servers: [{ address: `127.0.0.1:${portOf(checked)}`, tls: isSecure }],
          serversTransport: 'sh-way',
          healthCheck,
        },
      },
      followed: { weighted: { services: [{ name: 'checked', weight: 1 }], healthCheck: {} } },
    }
    const isWeighted = services.turns.weighted !== undefined
    const rule = 'HostSNI(`*`)'
    const routers = {
      turns: { entryPoints: ['turns'], rule, service: 'turns' },
      held: { entryPoints: ['held'], rule, service: 'sh-good', middlewares: ['few'] },
      checked: { entryPoints: ['checked'], rule, service: random.chance(0.7) ? 'checked' : 'followed' },
    }
    const round = isWeighted ? weights[0] + weights[1] + weights[2] : 3
    const times = round * (1 + random.below(2)) || 2
    const attempts = [
      { what: { turns: isWeighted ? weights : 'servers' }, ask: (ports) => inTurns(ports.turns, times) },
      { what: { amount }, ask: (ports) => held(ports.held, amount) },
      { what: { checked, healthCheck }, ask: (ports) => say(ports.checked, 'who\n') },
    ]
    const configuration = {
      tcp: {
        routers,
        services,
        serversTransports: { 'sh-way': way },
        middlewares: { few: { inFlightConn: { amount } } },
      },
    }
    return { configuration, attempts, ready: () => sleep(SETTLED_MS) }
  }

  const stop = () => {
    for (const server of Object.values(servers)) server.close()
  }
  return {
    entryPoints: ['turns', 'held', 'checked'],
    flags: ['--entryPoints.held.proxyProtocol.insecure=true'],
    draw,
    stop,
  }
}

async function startProbed(
  name,
  { answer, rest, greeting, afterMs = 0, closes = false, isSecure = false },
  { key, cert },
) {
  const serve = async (socket) => {
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    if (greeting !== undefined) socket.write(greeting)
    const words = await new Promise((resolve) => socket.once('data', (piece) => resolve(piece.toString('latin1'))))
    if (words === 'who\n') socket.write(`it is ${name}\n`)
    else if (closes) socket.end()
    else {
      if (afterMs > 0) await sleep(afterMs)
      if (answer !== undefined && socket.writable) socket.write(answer)
      if (rest !== undefined) setTimeout(() => socket.writable && socket.write(rest), 30)
    }
  }
  const options = { allowHalfOpen: true }
  const server = isSecure ? tls.createServer({ ...options, key, cert }, serve) : net.createServer(options, serve)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Who takes a connection, without its greeting; null: nobody. */
async function say(port, words) {
  const talk = open(port, words)
  const name = await talk.name
  talk.socket.destroy()
  return name
}

function open(port, words) {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.setTimeout(1_500, () => socket.destroy())
  const name = new Promise((resolve) => {
    let text = ''
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      const found = /it is (\w+)\n/.exec(text)
      if (found !== null) resolve(found[1])
    })
    socket.on('close', () => resolve(null))
  })
  socket.on('connect', () => socket.write(words))
  return { socket, name }
}

/** How often each server is taken, of so many times. */
async function inTurns(port, times) {
  const counts = {}
  for (let i = 0; i < times; i++) {
    const name = await say(port, 'who\n')
    counts[name] = (counts[name] ?? 0) + 1
  }
  return Object.fromEntries(Object.entries(counts).sort())
}

/** Two clients and nobody in particular: each is counted by itself. */
const CLIENTS = ['PROXY TCP4 10.1.2.3 10.1.2.4 1 2\r\n', 'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n', '']

/** How many connections of each client are let in at once, and whether one is once another is over. */
async function held(port, amount) {
  const outcomes = []
  const all = []
  for (const client of CLIENTS) {
    const words = `${client}who\n`
    const talks = Array.from({ length: amount + 2 }, () => open(port, words))
    all.push(...talks)
    const names = await Promise.all(talks.map(({ name }) => name))
    const inside = talks.filter((_, i) => names[i] !== null)
    const refused = await say(port, words)
    inside[0]?.socket.end()
    const next = inside.length === 0 ? null : await eventually(port, words)
    outcomes.push({ inside: inside.length, refused, next })
  }
  for (const { socket } of all) socket.destroy()
  if (amount > 0) for (const client of CLIENTS) await eventually(port, `${client}who\n`)
  return outcomes
}

/** Who takes a connection, once somebody does. */
async function eventually(port, words) {
  for (let left = 20; left > 0; left--) {
    await sleep(30)
    const name = await say(port, words)
    if (name !== null) return name
  }
  return null
}
