// Random changes of files of routing configuration.
import { balanced } from './spreading.mjs'

/** Names of files; the first one is the one of those that follow a single one. */
export const FILES = ['a.yml', 'b.yaml', 'c.yml', 'sub/d.yml', 'e.txt', 'a.yml.bak', '.hidden.yml']
/** It has the router that tells of a change, and comes last. */
export const MARKER_FILE = 'zz.yml'
/** It has the router of what is under way. */
export const STAY_FILE = 'stay.yml'

/** Names of elements: files share them, and then the first file decides. */
const ELEMENTS = ['x', 'y', 'z']
/** What no file may be. */
const BROKEN = ['{', 'http: {routes: {}}', 'http:\n\trouters: {}\n', 'a: [', '{{ nonsense }}', 'http: {routers: {x: {rule: [a: b]}}}'] // biome-ignore format: short

export const markerOf = (version) => ({
  http: { routers: { [`marker${version}`]: { rule: 'Path(`/marker`)', service: 'noop@internal' } } },
})

export const stayOf = (servers) => ({
  http: {
    routers: {
      stay: { rule: 'Path(`/stay`)', service: 'stay' },
      count: { rule: 'Path(`/count`)', service: 'stay', middlewares: ['twice'] },
    },
    services: { stay: balanced(servers, [[Object.keys(servers)[0]]]) },
    middlewares: { twice: { rateLimit: { average: 1, period: '1h', burst: 2 } } },
  },
})

function routerOf(random, name) {
  const rules = [`PathPrefix(\`/${name}\`)`, `PathPrefix(\`/${name}\`)`, `PathPrefix(\`/${name}\`) && Host(\`a.test\`)`, `Path(/${name})`, ''] // biome-ignore format: short
  return {
    rule: random.pick(rules),
    service: random.pick([name, name, name, ...ELEMENTS, 'absent', 'noop@internal']),
    ...(random.chance(0.3) ? { middlewares: [random.pick([...ELEMENTS, 'absent'])] } : {}),
    // Of several entry points, each has its say about a service that can't be built.
    entryPoints: random.pick([['front'], ['front'], ['front'], ['absent'], ['front', 'absent']]),
  }
}

function serviceOf(random, name, servers) {
  const [a, b, c] = Object.keys(servers)
  const sticky = { sticky: { cookie: { name: 'lb' } } }
  return random.pick([
    () => balanced(servers, [[a]]),
    () => balanced(servers, [[b]]),
    // By the cookie of the first one.
    () => balanced(servers, [[a], [random.pick([b, c])]], sticky),
    // Never in a circle: what is said of one depends on which of its services is built first, and Traefik draws that.
    () => ({ weighted: { services: [{ name: ELEMENTS[ELEMENTS.indexOf(name) + 1] ?? 'absent' }] } }),
    () => ({ weighted: { services: [{ name: 'absent' }] } }),
  ])()
}

const MIDDLEWARES = [{ addPrefix: { prefix: '/p' } }, { headers: { customResponseHeaders: { 'X-M': 'm' } } }, { ipAllowList: { sourceRange: ['10.0.0.0/8'] } }, { ipAllowList: { sourceRange: ['x'] } }, { chain: { middlewares: ['absent'] } }] // biome-ignore format: short

/** A document with some elements: one of none is refused by Traefik, and takes all away for us. */
function document(random, servers) {
  const [first, ...others] = random.pick([ELEMENTS, ELEMENTS.toReversed()])
  const routers = [first, ...random.some(others, 0.5)].map((name) => [name, routerOf(random, name)])
  const services = random.some(ELEMENTS, 0.6).map((name) => [name, serviceOf(random, name, servers)])
  const middlewares = random.some(ELEMENTS, 0.4).map((name) => [name, random.pick(MIDDLEWARES)])
  const http = {}
  for (const [section, list] of Object.entries({ routers, services, middlewares })) {
    if (list.length > 0) http[section] = Object.fromEntries(list)
  }
  return { http }
}

/** With what counts. */
function withCount({ http }, servers) {
  const { count } = stayOf(servers).http.routers
  const { stay } = stayOf(servers).http.services
  return {
    http: {
      routers: { ...http.routers, count },
      services: { ...http.services, stay },
      middlewares: { ...http.middlewares, ...stayOf(servers).http.middlewares },
    },
  }
}

/** @param {'directory' | 'file' | 'mount'} kind of the place that both follow */
export function drawChanges(random, kind, servers) {
  const text = () => JSON.stringify(kind === 'file' ? withCount(document(random, servers), servers) : document(random, servers)) // biome-ignore format: short
  if (kind === 'file') return changesOfOne(random, text)
  if (kind === 'mount') return changesOfMount(random, text)
  return changesOfMany(random, text)
}

function changesOfOne(random, text) {
  const [file] = FILES
  const changes = []
  for (let i = 0; i < 5; i++) {
    changes.push(
      ...random.pick([
        () => [{ write: file, text: text(), isSeen: true }],
        () => [{ write: file, text: text(), inPlace: true, isSeen: true }],
        // Written in place, it is empty for a moment.
        () => [{ write: file, text: random.pick(BROKEN) }],
        () => [{ remove: file }],
        // That takes all away for Traefik.
        () => [
          { write: file, text: random.pick(['', '# nothing\n', '\n']), inPlace: random.chance(0.5) },
          { write: file, text: text(), isSeen: true },
        ],
      ])(),
    )
  }
  // Whatever it was, what is good comes into force.
  return [...changes, { write: file, text: text(), isSeen: true }]
}

function changesOfMany(random, text) {
  const changes = []
  const there = new Set()
  for (let i = 0; i < 5; i++) {
    const file = random.pick(FILES)
    const old = [...there]
    const step = random.below(8)
    if (step < 4 || old.length === 0) {
      changes.push({ write: file, text: text(), inPlace: random.chance(0.4), isSeen: true })
      there.add(file)
    } else if (step === 4) {
      // What is wrong with one file keeps Traefik from seeing any: it is put right before anything else.
      const readable = FILES.filter((name) => /\.ya?ml$/.test(name))
      const broken = random.pick(readable.filter((name) => name !== 'sub/d.yml'))
      changes.push({ write: broken, text: random.pick(BROKEN) })
      changes.push({ write: broken, text: text(), isSeen: true })
      there.add(broken)
    } else if (step === 5) {
      const gone = random.pick([...old, STAY_FILE])
      changes.push({ remove: gone, isSeen: true })
      there.delete(gone)
    } else {
      const from = random.pick(old)
      const to = random.pick(FILES.filter((name) => name !== from && name !== 'sub/d.yml'))
      changes.push({ move: [from, to], isSeen: true })
      there.delete(from)
      there.add(to)
    }
  }
  return changes
}

function changesOfMount(random, text) {
  return Array.from({ length: 4 }, () => ({
    all: Object.fromEntries(random.some(FILES.slice(0, 3), 0.6).map((name) => [name, text()])),
    isSeen: true,
  }))
}
