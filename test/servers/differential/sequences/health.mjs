// Stories of servers that fail and recover: what the API says of them, and who gets requests meanwhile.

import { balanced } from './spreading.mjs'
import { hashOf } from './story.mjs'

const router = (name, more = {}) => ({
  [name]: { entryPoints: ['front'], rule: `PathPrefix(\`/${name}\`)`, service: name, ...more },
})
const namesOf = (servers) => Object.keys(servers).slice(0, 4)

/** Neither side can be at the end of an interval when something is looked at. */
const INTERVAL = '120ms'

/** Answers to checks that are well, and such that are not, by the status that is wanted. */
const WELL = [200, 204, 302, 399]
const ILL = [500, 404, 400, 0, 503]

function check(random, more = {}) {
  const options = { interval: INTERVAL, timeout: '500ms', path: random.pick(['/', '/health', 'health', '/h?a=b', '?a=b', '', '/a%20b', '/é', '//h', './x/../y', '/h#f']) } // biome-ignore format: short
  if (random.chance(0.3)) options.method = random.pick(['HEAD', 'POST', 'OPTIONS', 'get', 'PURGE', ''])
  if (random.chance(0.3)) options.hostname = random.pick(['h.test', 'h.test:80', 'H.test', ''])
  if (random.chance(0.3)) options.headers = random.pick([{ 'X-K': 'v' }, { 'x-k': '', 'User-Agent': 'me' }, { Host: 'x.test' }, { Accept: '*/*', Connection: 'close' }, { 'Content-Type': 'text/plain' }]) // biome-ignore format: short
  if (random.chance(0.3)) options.unhealthyInterval = random.pick(['60ms', '150ms'])
  if (random.chance(0.3)) options.followRedirects = random.chance(0.5)
  return { ...options, ...more }
}

/** Servers that go and come back. */
function checked(random, name, servers) {
  const names = namesOf(servers).slice(0, 1 + random.below(3))
  const wanted = random.chance(0.25) ? random.pick([200, 204, 500]) : 0
  const well = wanted === 0 ? random.pick(WELL) : wanted
  const follows = check(random, wanted === 0 ? {} : { status: wanted })
  const service = balanced(servers, names.map((server) => [server]), { healthCheck: follows, strategy: random.pick(['wrr', 'wrr', 'p2c', 'leasttime', 'hrw']), ...(random.chance(0.3) ? { sticky: { cookie: { name: 'lb' } } } : {}) }) // biome-ignore format: short
  if (service.loadBalancer.strategy === 'hrw') delete service.loadBalancer.sticky
  const fields = well >= 300 && well < 400 ? { Location: '/elsewhere' } : {}
  const state = Object.fromEntries(names.map((server) => [server, 'UP']))
  const steps = names.map((server) => ({ set: server, health: { status: well, fields } }))
  steps.push({ wait: 400 }, { until: { ...state }, service: name })
  for (let i = 0; i < 3; i++) {
    const server = random.pick(names)
    const isUp = state[server] === 'UP'
    const isLate = random.chance(0.15)
    const ill = isLate ? well : random.pick(ILL.filter((status) => status !== wanted))
    state[server] = isUp ? 'DOWN' : 'UP'
    steps.push({
      set: server,
      health: isUp ? { status: ill, ...(isLate ? { delay: 900 } : {}) } : { status: well, fields },
    })
    steps.push({ until: { ...state }, service: name })
    const up = names.filter((one) => state[one] === 'UP')
    // By their times, the quickest may have it all.
    if (service.loadBalancer.strategy !== 'leasttime' || up.length < 2) steps.push({ ask: Math.max(up.length * 10, 2), look: 'kinds', cookies: [] }) // biome-ignore format: short
    if (up.length === 1) steps.push({ ask: 2, cookies: [] })
    steps.push({ show: [`services/${name}`] })
  }
  return { http: { routers: router(name), services: { [name]: service } }, steps }
}

/** Services over checked ones: who follows the health of whom. */
function above(random, name, servers) {
  const [a, b, c] = namesOf(servers)
  // Traefik hangs once a member without weight has come back while the others are down.
  // At most one of them lacks what the others need, as Traefik draws in which order they are built.
  const lacking = random.chance(0.3) ? random.below(5) : -1
  const own = (server, at) => balanced(servers, [[server]], at === lacking ? {} : { healthCheck: { path: '/h', interval: INTERVAL } }) // biome-ignore format: short
  const follows = (at) => (at === lacking ? {} : { healthCheck: {} })
  const services = {
    [`${name}-a`]: own(a, 0),
    [`${name}-b`]: own(b, 1),
    [`${name}-c`]: own(c, 2),
    [`${name}-in`]: random.pick([
      () => ({ weighted: { services: [{ name: `${name}-a` }, { name: `${name}-b`, weight: random.pick([1, 2]) }], ...follows(3) } }),
      () => ({ failover: { service: `${name}-a`, fallback: `${name}-b`, ...follows(3) } }),
      () => ({ failover: { service: `${name}-a`, fallback: `${name}-b`, errors: { status: ['503'] }, ...follows(3) } }),
      () => ({ mirroring: { service: `${name}-a`, mirrors: [{ name: `${name}-b`, percent: 100 }], ...follows(3) } }),
      () => ({ highestRandomWeight: { services: [{ name: `${name}-a` }, { name: `${name}-b` }], ...follows(3) } }),
    ])(),
    [name]: random.pick([
      () => ({ weighted: { services: [{ name: `${name}-in` }, { name: `${name}-c` }], ...follows(4) } }),
      () => ({ failover: { service: `${name}-in`, fallback: `${name}-c`, ...follows(4) } }),
      () => ({ failover: { service: `${name}-c`, fallback: `${name}-in`, ...follows(4) } }),
      () => ({ mirroring: { service: `${name}-in`, mirrors: [{ name: `${name}-c`, percent: 100 }], ...follows(4) } }),
      () => ({ highestRandomWeight: { services: [{ name: `${name}-in` }, { name: `${name}-c` }], ...follows(4) } }),
    ])(),
  } // biome-ignore format: short
  const elements = [`routers/${name}`, ...Object.keys(services).map((service) => `services/${service}`)]
  const steps = [{ show: lacking === -1 ? elements : [`routers/${name}`] }, { ask: 6, look: 'kinds' }]
  if (lacking !== -1) return { sees: 'nothing', http: { routers: router(name), services }, steps }
  const state = { [a]: 'UP', [b]: 'UP', [c]: 'UP' }
  for (let i = 0; i < 4; i++) {
    const server = random.pick([a, b, c])
    state[server] = state[server] === 'UP' ? 'DOWN' : 'UP'
    steps.push({ set: server, health: { status: state[server] === 'UP' ? 200 : 500 } })
    steps.push({ until: { [server]: state[server] }, service: `${name}-${'abc'[[a, b, c].indexOf(server)]}` })
    steps.push({ wait: 30 }, { ask: 8, look: 'kinds', from: '127.0.0.1' })
  }
  steps.push({ show: elements })
  return { sees: 'nothing', http: { routers: router(name), services }, steps }
}

/** Servers whose answers are counted against them. */
function passive(random, name, servers) {
  const [a, b] = namesOf(servers)
  const attempts = random.pick([1, 2, 3])
  const isAlone = random.chance(0.5)
  const service = balanced(servers, isAlone ? [[a]] : [[a], [b]], {
    passiveHealthCheck: { failureWindow: '900ms', ...(random.chance(0.8) ? { maxFailedAttempts: attempts } : {}) },
    sticky: { cookie: { name: 'lb' } },
    strategy: random.pick(['wrr', 'wrr', 'p2c', 'leasttime']),
    ...(random.chance(0.2) ? { healthCheck: { path: '/', interval: '10s' } } : {}),
  })
  const deeds = { fine: '200', ill: random.pick(['500', '503', '599', 'reset']), odd: '404' }
  const sequence = Array.from({ length: 5 }, () =>
    random.pick([deeds.fine, deeds.ill, deeds.ill, deeds.ill, deeds.odd]),
  )
  // Who tries again may find that the server is out.
  const isRetried = random.chance(0.4)
  const middlewares = { [`${name}-r`]: { retry: { attempts: random.pick([2, 3]), status: ['500-599'] } } }
  const routers = router(name, isRetried ? { middlewares: [`${name}-r`] } : {})
  return {
    http: { routers, services: { [name]: service }, ...(isRetried ? { middlewares } : {}) },
    steps: [
      // By the cookie of one, so that all of them are about it while it is up.
      ...sequence.flatMap((deed) => [
        { ask: 1, method: 'DELETE', cookies: [['lb', hashOf(servers[a].url)]], lines: [`X-Do: ${deed}`] },
      ]),
      { show: [`services/${name}`] },
      { ask: 2, cookies: [['lb', hashOf(servers[a].url)]] },
      { wait: 1100 },
      { ask: 2, cookies: [['lb', hashOf(servers[a].url)]] },
    ],
  }
}

/** By gRPC. */
function byGrpc(random, name, servers) {
  const [a, b] = namesOf(servers)
  const { grpc } = servers
  const service = balanced(servers, [[a]], {
    healthCheck: { mode: 'grpc', port: grpc.port, interval: INTERVAL, timeout: '1s', ...(random.chance(0.4) ? { scheme: random.pick(['http', 'h2c', 'https', 'tcp']) } : {}), path: '/x', status: 204 },
  }) // biome-ignore format: short
  const hasTls = ['https', 'tcp'].includes(service.loadBalancer.healthCheck.scheme)
  const services = { [name]: service, [`${name}-b`]: balanced(servers, [[b]]) }
  return {
    http: { routers: router(name), services },
    steps: [
      { wait: 300 },
      { until: { [a]: hasTls ? 'DOWN' : 'UP' }, service: name },
      { ask: 1 },
      { set: 'grpc', health: { status: random.pick([503, 501]) } },
      { until: { [a]: 'DOWN' }, service: name },
      { ask: 1 },
      { set: 'grpc', health: { status: 200 } },
      { until: { [a]: hasTls ? 'DOWN' : 'UP' }, service: name },
      { ask: 1 },
    ],
  }
}

/** Checks of another server than the one that is asked. */
function elsewhere(random, name, servers) {
  const [a, b] = namesOf(servers)
  const scheme = random.pick([undefined, 'http', 'https', 'h2c', 'ftp'])
  const service = balanced(servers, [[a]], { healthCheck: { ...check(random), port: servers[b].port, ...(scheme === undefined ? {} : { scheme }) } }) // biome-ignore format: short
  const isUp = scheme === undefined || scheme === 'http'
  return {
    http: { routers: router(name), services: { [name]: service } },
    steps: [
      { wait: 300 },
      { until: { [a]: isUp ? 'UP' : 'DOWN' }, service: name },
      { ask: 1 },
      { set: b, health: { status: 500 } },
      { until: { [a]: 'DOWN' }, service: name },
      { ask: 1 },
    ],
  }
}

export const HEALTH = [checked, checked, above, above, above, passive, passive, byGrpc, elsewhere]
