// Stories of services over services, with middlewares on the way: what every server gets of each request.
import { balanced, drawn } from './spreading.mjs'

const KINDS = ['weighted', 'failover', 'mirroring', 'highestRandomWeight', 'loadBalancer']

/** What copies of one request, which may overlap, can't make each other feel. */
const MIDDLEWARES = {
  prefix: () => ({ addPrefix: { prefix: '/added' } }),
  strip: () => ({ stripPrefixRegex: { regex: ['^/[a-z0-9]+'] } }),
  fields: () => ({ headers: { customRequestHeaders: { 'X-Retry': 'set' }, customResponseHeaders: { 'X-M': 'm' } } }),
  again: (random) => ({ retry: { attempts: 2, status: [random.pick(['503', '500-599', '404'])] } }),
  whole: (random) => ({ buffering: { maxRequestBodyBytes: random.pick([0, 5, 100]), maxResponseBodyBytes: random.pick([0, 5]) } }),
  limit: (random) => ({ rateLimit: { average: 1, period: '1h', burst: random.pick([1, 3, 5]) } }),
  crowd: (random) => ({ inFlightReq: { amount: random.pick([0, 9]) } }),
  pressed: () => ({ compress: { minResponseBodyBytes: 1 } }),
} // biome-ignore format: a table

/** A random tree, all of whose choices are made by what it is asked. */
export function tree(random, name, servers) {
  const letters = Object.keys(servers).slice(0, 4)
  const services = {}
  const middlewares = {}
  const kept = () => {
    const kinds = random.some(Object.keys(MIDDLEWARES), 0.12)
    for (const kind of kinds) middlewares[`${name}-${kind}`] ??= MIDDLEWARES[kind](random)
    return kinds.map((kind) => `${name}-${kind}`)
  }
  /** Adds a service, and tells its name. */
  const grow = (depth) => {
    const own = `${name}-${Object.keys(services).length}`
    services[own] = null
    const kind = depth === 0 ? 'loadBalancer' : random.pick(KINDS)
    const child = () => {
      // What is shared counts nothing, as copies come whenever they come.
      const finished = Object.keys(services).filter((other) => services[other]?.loadBalancer && !services[other].middlewares) // biome-ignore format: short
      return finished.length > 0 && random.chance(0.15) ? random.pick(finished) : grow(depth - 1)
    }
    const made = {
      loadBalancer: () => balanced(servers, [[random.pick(letters)]], random.chance(0.2) ? { sticky: { cookie: { name: 'lb' } } } : {}),
      weighted: () => ({ weighted: { services: [{ name: child() }, { name: child(), weight: 0 }], ...(random.chance(0.3) ? { sticky: { cookie: { name: 'w' } } } : {}) } }),
      highestRandomWeight: () => ({ highestRandomWeight: { services: [{ name: child() }, { name: child() }] } }),
      failover: () => ({ failover: { service: child(), fallback: child(), errors: { status: [random.pick(['500-599', '404', '503'])], ...(random.chance(0.2) ? { maxRequestBodyBytes: 5 } : {}) } } }),
      mirroring: () => ({ mirroring: { service: child(), mirrors: [{ name: child(), percent: random.pick([50, 100]) }], ...(random.chance(0.3) ? { maxBodySize: 5 } : {}) } }),
    }[kind]() // biome-ignore format: a table
    const chain = kept()
    services[own] = { ...made, ...(chain.length > 0 ? { middlewares: chain } : {}) }
    return own
  }
  const root = grow(3)
  const page = grow(0)
  // Traefik panics where pages are buffered.
  services[page].middlewares = services[page].middlewares?.filter((own) => !own.endsWith('-whole')) ?? []
  const routers = {}
  for (const [at, path] of ['', '/two'].entries()) {
    const chain = kept()
    if (random.chance(0.2)) {
      middlewares[`${name}-page`] = { errors: { status: ['500-599', '429'], service: page, query: '/{status}?{url}' } }
      chain.splice(random.below(chain.length + 1), 0, `${name}-page`)
    }
    routers[`${name}-r${at}`] = { entryPoints: ['front'], rule: `PathPrefix(\`/${name}${path}\`)`, service: root, middlewares: chain } // biome-ignore format: short
  }
  const deed = () => random.pick(['200', '200', '404', '500', '503'])
  const steps = []
  for (let i = 0; i < 8; i++) {
    for (const letter of letters) steps.push({ set: letter, usual: deed() })
    steps.push({ ask: 1, ...drawn(random), path: random.pick(['', '/two', '/x']) })
    // Copies of a request are under way when it has its answer: servers do not change their minds before they have come.
    steps.push({ settle: true })
  }
  const elements = [...Object.keys(routers).map((one) => `routers/${one}`), ...Object.keys(services).map((one) => `services/${one}`)] // biome-ignore format: short
  return { sees: 'late', http: { routers, services, ...(Object.keys(middlewares).length > 0 ? { middlewares } : {}) }, steps: [...steps, { show: elements }] } // biome-ignore format: short
}
