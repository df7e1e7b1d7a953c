// Random UDP routers and services, and clients that send datagrams of all sizes.
import dgram from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../support/free-port.ts'

const NAMES = ['udp0', 'udp1']
const TIMEOUT_MS = 400

/** Starts the servers; `draw` makes a configuration and what is tried with it. */
export async function startUdp() {
  const servers = {}
  for (const name of ['one', 'two', 'three']) servers[name] = await startServer(name)
  const gone = await freePort()
  const ports = []
  for (let i = 0; i < 2; i++)
    ports.push(Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await freePort()]))))
  const [reference, ours] = ports.map((own) =>
    NAMES.flatMap((name) => [
      `--entryPoints.${name}.address=127.0.0.1:${own[name]}/udp`,
      `--entryPoints.${name}.udp.timeout=${TIMEOUT_MS}ms`,
    ]),
  )

  let tokens = 0

  /** @param {import('../random.mjs').Random} random */
  function draw(random) {
    const address = (name) => `127.0.0.1:${name === 'gone' ? gone : servers[name].address().port}`
    const services = {}
    for (const name of ['one', 'two', 'three', 'gone'])
      services[`u-${name}`] = { loadBalancer: { servers: [{ address: address(name) }] } }
    const pick = () => random.pick(['u-one', 'u-two', 'u-three', 'u-gone'])
    services['u-weighted'] = {
      weighted: {
        services: [
          { name: pick(), weight: random.pick([0, 1, 2]) },
          { name: pick(), weight: 0 },
        ],
      },
    }
    services['u-turns'] = {
      weighted: {
        services: [
          { name: 'u-one', weight: 1 },
          { name: 'u-two', weight: random.pick([1, 2]) },
        ],
      },
    }
    const routers = Object.fromEntries(
      NAMES.map((name) => [
        `r-${name}`,
        {
          entryPoints: [name],
          service: random.chance(0.3)
            ? 'u-weighted'
            : random.chance(0.2)
              ? 'u-turns'
              : random.pick(['u-one', 'u-one', 'u-two', 'u-gone']),
        },
      ]),
    )
    const configuration = { udp: { routers, services } }
    const attempts = Array.from({ length: 6 }, () => {
      const name = random.pick(NAMES)
      const isDrawn = routers[`r-${name}`].service === 'u-turns'
      const steps = Array.from({ length: 1 + random.below(5) }, () => ({
        text: `${random.pick(['echo', 'echo', 'twice', 'mute', 'size', 'later'])} ${'x'.repeat(random.pick([0, 1, 100, 1_400, 9_000, 60_000, 65_400]))}`.slice(
          0,
          65_507,
        ),
        waitsMs: random.pick([0, 5, 30, TIMEOUT_MS * 1.5]),
      }))
      return {
        what: {
          name,
          steps: steps.map(({ text, ...rest }) => ({ ...rest, text: text.slice(0, 8), length: text.length })),
        },
        ask: (_ports, at) => talk(ports[at][name], `t${String(tokens++).padStart(6, '0')}`, steps, isDrawn),
      }
    })
    return { configuration, attempts }
  }

  const stop = () => {
    for (const server of Object.values(servers)) server.close()
  }
  return { entryPoints: [], flags: [], own: { reference, ours }, draw, stop }
}

async function startServer(name) {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4_000_000 })
  /** How many datagrams of a client came from each port; ports are used again. */
  const counts = new Map()
  socket.on('message', (datagram, { port }) => {
    const text = datagram.toString('latin1')
    const key = `${port} ${text.split(' ')[1]}`
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    const send = (answer) => socket.send(answer, port, '127.0.0.1', () => undefined)
    const told = `${name} ${count} ${datagram.length}`
    if (text.startsWith('twice')) {
      send(told)
      send(`again ${told}`)
    } else if (text.startsWith('size')) send(Buffer.alloc(Math.min(datagram.length * 2, 65_507), 'y'))
    else if (text.startsWith('later')) setTimeout(() => send(`late ${told}`), 60)
    else if (!text.startsWith('mute')) send(told)
  })
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return socket
}

/** @param {string} token the second word of what it says @param {boolean} isDrawn which of several servers it is */
async function talk(port, token, steps, isDrawn) {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4_000_000 })
  const got = []
  socket.on('message', (datagram) =>
    got.push(datagram.length > 60 ? `${datagram[0]} ${datagram.length}` : datagram.toString('latin1')),
  )
  await new Promise((resolve) => socket.connect(port, '127.0.0.1', resolve))
  socket.on('error', () => got.push('error'))
  for (const { text, waitsMs } of steps) {
    await new Promise((resolve) => socket.send(text.replace(' ', ` ${token} `).slice(0, 65_507), () => resolve()))
    await sleep(waitsMs)
  }
  await sleep(200)
  socket.close()
  return isDrawn ? got.map((text) => text.replace(/one|two/, 'one of them')).sort() : got.sort()
}
