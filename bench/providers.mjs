// How long it takes from a change at the source to the route, and what it costs: Signalbox beside Traefik on the same servers,
// in turn, in one run. Read the ratios; figures of a busy machine mean nothing. Linux only (/proc).
//
//   node bench/providers.mjs --peers traefik [--reference /path/to/traefik] [--scenario docker-1000 …] [--events 8]
//
// Needs what `.ci/servers` installs: dockerd, etcd, Redis, an API server.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Dockerd } from '../test/servers/support/dockerd.ts'
import { EtcdServer } from '../test/servers/support/etcd.ts'
import { RedisServer } from '../test/servers/support/redis.ts'
import { router } from '../test/servers/support/routers.ts'
import { ScriptedDocker } from '../test/servers/support/scripted-docker.ts'
import { freePort } from '../test/support/free-port.ts'
import { manyEvents, patchedEndpoints } from './kubernetes.mjs'

const root = path.join(import.meta.dirname, '..')
/** Milliseconds of a tick of the kernel's clock. */
const TICK_MS = 10
/** Time for what an event sets off to end, so that all of it is counted. */
const SETTLE_MS = 1_500

/**
 * Each gives what the proxies are told, what to wait for first, and how a change comes about: a path of their API, and a
 * text in its answer where the path alone does not tell.
 */
const scenarios = {
  'docker-1000': () => scripted(1_000),
  'docker-10000': () => scripted(10_000),
  'docker-real-200': real,
  etcd: async () => keys(await EtcdServer.create(), 'etcd'),
  redis: async () => keys(await RedisServer.create(), 'redis'),
  'kubernetes-1000': () => patchedEndpoints(1_000),
}
/** Requests while much changes. */
const EVENTS_SCENARIO = 'kubernetes-events'

const routerAt = (name, provider) => ({ where: `/api/http/routers/${name}@${provider}` })

async function scripted(count) {
  const engine = new ScriptedDocker()
  await engine.start()
  for (let number = 1; number <= count; number++) {
    engine.put(number, {
      [`traefik.http.routers.r${number}.rule`]: `Host(\`h${number}.test\`)`,
      [`traefik.http.services.s${number}.loadbalancer.server.port`]: '80',
    })
  }
  let next = count
  return {
    flags: [`--providers.docker.endpoint=${engine.endpoint}`],
    first: routerAt(`r${count}`, 'docker'),
    async change(name) {
      const id = engine.put(++next, { [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)` })
      engine.tell('start', id)
      return routerAt(name, 'docker')
    },
    stop: () => engine.stop(),
  }
}

async function real() {
  const engine = new Dockerd()
  await engine.start()
  await engine.prepare('172.31.248.0/22')
  for (let number = 1; number <= 200; number++) {
    await engine.runContainer(`c${number}`, { [`traefik.http.routers.r${number}.rule`]: `Host(\`h${number}.test\`)` })
  }
  return {
    flags: engine.flags,
    first: routerAt('r200', 'docker'),
    change: async (name) => {
      await engine.runContainer(name, { [`traefik.http.routers.${name}.rule`]: `Host(\`${name}.test\`)` })
      return routerAt(name, 'docker')
    },
    stop: async () => {
      await engine.clear()
      await engine.stop()
    },
  }
}

async function keys(server, provider) {
  await server.start()
  for (let number = 1; number <= 100; number++) await server.put(router(`r${number}`))
  return {
    flags: server.flags,
    first: routerAt('r100', provider),
    change: async (name) => {
      await server.put(router(name))
      return routerAt(name, provider)
    },
    stop: () => server.stop(),
  }
}

/** Runs one proxy over a scenario; times in milliseconds, memory in megabytes. */
async function measure(command, scenario, events, mark) {
  const port = await freePort()
  const [program, ...args] = command
  const own = [
    `--entryPoints.web.address=127.0.0.1:${await freePort()}`,
    `--entryPoints.traefik.address=127.0.0.1:${port}`,
    '--api.insecure=true',
    '--global.checkNewVersion=false',
    '--log.level=ERROR',
    '--providers.providersThrottleDuration=10ms',
  ]
  const began = performance.now()
  const child = spawn(program, [...args, ...own, ...scenario.flags], { stdio: 'ignore' })
  const live = async ({ where, text = '' }) => {
    const since = performance.now()
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}${where}`).catch(() => null)
      const body = (await answer?.text()) ?? ''
      if (answer?.status === 200 && body.includes(text)) return performance.now() - since
      if (performance.now() - since > 60_000) throw new Error(`${program}: ${where} does not come`)
      await sleep(2)
    }
  }
  try {
    await live(scenario.first)
    const start = performance.now() - began
    await sleep(SETTLE_MS)
    const times = []
    const costs = []
    for (let event = 0; event < events; event++) {
      const before = cpuMs(child.pid)
      times.push(await live(await scenario.change(`${mark}${event}`)))
      await sleep(SETTLE_MS)
      costs.push(cpuMs(child.pid) - before)
    }
    return { start, event: median(times), cpu: median(costs), memory: memoryMb(child.pid) }
  } finally {
    child.kill('SIGKILL')
  }
}

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

const memoryMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: 'traefik' },
    reference: { type: 'string' },
    scenario: { type: 'string', multiple: true, default: [...Object.keys(scenarios), EVENTS_SCENARIO] },
    events: { type: 'string', default: '8' },
  },
})
if (values.peers !== 'traefik') throw new Error('--peers: traefik is the only one')
const reference = values.reference ?? execFileSync(path.join(root, '.ci/reference'), { encoding: 'utf8' }).trim()
const commands = { traefik: [reference], signalbox: [process.execPath, path.join(root, 'dist/cli.js')] }
for (const name of values.scenario) {
  if (name === EVENTS_SCENARIO) {
    await manyEvents(commands, 1_000)
    continue
  }
  const scenario = await scenarios[name]()
  try {
    const found = {}
    for (const [who, command] of Object.entries(commands)) {
      found[who] = await measure(command, scenario, Number(values.events), who)
      const { start, event, cpu, memory } = found[who]
      console.log(
        `${name} ${who}: start ${Math.round(start)} ms, event ${Math.round(event)} ms, ${cpu} ms CPU an event, ${Math.round(memory)} MB`,
      )
    }
    const { traefik, signalbox } = found
    const ratios = Object.keys(traefik).map((what) => `${what} ${(signalbox[what] / traefik[what]).toFixed(2)}`)
    console.log(`${name}: Signalbox to Traefik: ${ratios.join(', ')}`)
  } finally {
    await scenario.stop()
  }
}
process.exit(0)
