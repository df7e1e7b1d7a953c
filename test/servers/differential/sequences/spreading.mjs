// Stories of which server gets which request: weights, services of services, cookies, copies.
import { hashOf } from './story.mjs'

const router = (name, service = name, more = {}) => ({
  [name]: { entryPoints: ['front'], rule: `PathPrefix(\`/${name}\`)`, service, ...more },
})

/** @param servers by name @param list names, and with each of them what else is said of it */
export const balanced = (servers, list, more = {}) => ({
  loadBalancer: { servers: list.map(([name, own]) => ({ url: servers[name].url, ...own })), ...more },
})

const weightOf = (weight) => (weight === undefined ? {} : { weight })
const share = (weight = 1) => Math.max(0, weight)
const sum = (list) => list.reduce((total, one) => total + one, 0)
const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b))
const lcm = (list) => list.reduce((a, b) => (a * b) / gcd(a, b), 1)
const namesOf = (servers) => Object.keys(servers).slice(0, 4)

function drawnWeights(random, count) {
  return Array.from({ length: count }, () => random.pick([undefined, undefined, 1, 2, 3, 0, 5, -1]))
}

/** Whole rounds of one load balancer. */
function round(random, name, servers) {
  const names = namesOf(servers).slice(0, 1 + random.below(4))
  const weights = drawnWeights(random, names.length)
  const list = names.map((server, at) => [server, weightOf(weights[at])])
  if (random.chance(0.2)) {
    // One that is there twice counts twice.
    list.push([names[0], weightOf(weights[0])])
    weights.push(weights[0])
  }
  const total = sum(weights.map(share))
  return {
    http: { routers: router(name), services: { [name]: balanced(servers, list) } },
    steps: [{ ask: total === 0 ? 2 : total * (1 + random.below(3)), look: 'counts' }, { show: [`services/${name}`] }],
  }
}

/** Weighted services over load balancers, in whole rounds of all of them. */
function nested(random, name, servers) {
  const names = namesOf(servers)
  const count = 1 + random.below(3)
  const services = {}
  const outer = drawnWeights(random, count)
  const rounds = outer.map((weight, at) => {
    const own = names.slice(at, at + 1 + random.below(2))
    const weights = own.map(() => random.pick([undefined, 1, 2, 0]))
    services[`${name}-${at}`] = balanced(servers, own.map((server, i) => [server, weightOf(weights[i])])) // biome-ignore format: short
    const inner = sum(weights.map(share))
    return share(weight) === 0 || inner === 0 ? 1 : inner / gcd(inner, share(weight))
  })
  services[name] = {
    weighted: { services: outer.map((weight, at) => ({ name: `${name}-${at}`, ...weightOf(weight) })) },
  }
  const total = sum(outer.map(share)) * lcm(rounds)
  return { http: { routers: router(name), services }, steps: [{ ask: Math.min(total, 60) === total ? total || 2 : 1, look: total <= 60 ? 'counts' : 'shape' }] } // biome-ignore format: short
}

const cookieOf = (random) => {
  const cookie = {}
  if (random.chance(0.6)) cookie.name = random.pick(['lb', 'l b', 'LB', 'a=b', 'ü', 'x;y', '$a', ''])
  if (random.chance(0.3)) cookie.secure = random.chance(0.7)
  if (random.chance(0.3)) cookie.httpOnly = random.chance(0.7)
  if (random.chance(0.4)) cookie.sameSite = random.pick(['none', 'lax', 'strict', 'None', 'LAX', 'Strict', ''])
  if (random.chance(0.4)) cookie.maxAge = random.pick([0, 60, -1, 2147483647])
  if (random.chance(0.4)) cookie.path = random.pick(['/', '/p', '', 'p', '/a b', '/a;b', '/é', '/"'])
  if (random.chance(0.4))
    cookie.domain = random.pick(['a.test', '.a.test', 'a_b.test', '1.2.3.4', 'x y', 'a.test:80', '-a.test', '.'])
  return cookie
}

/** FNV-1 of 64 bits, as cookies of long ago have it. */
function fnv(text) {
  let hash = 0xcbf29ce484222325n
  for (const octet of Buffer.from(text)) hash = ((hash * 0x100000001b3n) & 0xffffffffffffffffn) ^ BigInt(octet)
  return hash.toString(16)
}

const SPELLINGS = [hashOf, hashOf, hashOf, (text) => text, fnv, (text) => fnv(fnv(text)), (text) => `"${hashOf(text)}"`, (text) => ` ${hashOf(text)} `, (text) => hashOf(text).toUpperCase(), () => 'x', () => ''] // biome-ignore format: a list

/** The name that a cookie without one gets. */
async function defaultName(service) {
  const digest = await crypto.subtle.digest('SHA-1', Buffer.from(`_TRAEFIK_BACKEND_${service}@file`))
  return `_${Buffer.from(digest).toString('hex').slice(0, 5)}`
}

/** What an option `name` is written as. */
const written = (name) => name.replaceAll(/[^a-zA-Z0-9!#$%&'*+\-.^`|~]/gu, '_')
const nameOf = async ({ name = '' }, service) => (name === '' ? await defaultName(service) : written(name))

/** A field `Cookie` before the one that matters is one as good as that. */
const moreCookies = (random) => (random.chance(0.2) ? ['Cookie: y=1; x="2"', 'cookie: ;; w'] : [])

/** Cookies that name members of one load balancer, some of which can't be had. */
async function sticky(random, name, servers) {
  const names = namesOf(servers)
  const weights = names.slice(1).map(() => random.pick([undefined, 1, 2, 0]))
  const cookie = cookieOf(random)
  // The fourth one is no member.
  const list = names.slice(0, 3).map((server, at) => [server, weightOf(weights[at])])
  const members = list.filter((_, at) => share(weights[at]) > 0)
  const http = {
    routers: router(name),
    services: { [name]: balanced(servers, list, { sticky: { cookie }, ...random.pick([{}, {}, { strategy: 'p2c' }, { strategy: 'leasttime' }]) }) },
  } // biome-ignore format: short
  const own = await nameOf(cookie, name)
  const steps = [{ ask: 3, cookies: [], look: 'shape' }]
  for (let i = 0; i < 8; i++) {
    const spelling = random.pick(SPELLINGS)
    const member = random.pick(members.length > 0 ? members : list)[0]
    const value = spelling(servers[member].url)
    // Who is not known is picked anew, by chance.
    const isKnown = members.length > 0 && (SPELLINGS.indexOf(spelling) < 6 || value.replaceAll('"', '') === hashOf(servers[member].url)) // biome-ignore format: short
    const others = random.pick([[], [], [['other', 'y']], [[own, value]]])
    steps.push({ ask: 1, lines: moreCookies(random), cookies: [...(random.chance(0.2) ? [['z', '1']] : []), [own, value], ...others], look: isKnown ? 'each' : 'shape' }) // biome-ignore format: short
  }
  for (const stranger of [names[3], ...list.filter((_, at) => share(weights[at]) === 0).map(([one]) => one)]) {
    steps.push({ ask: 1, cookies: [[own, hashOf(servers[stranger].url)]], look: 'shape' })
  }
  return { http, steps }
}

/** A client that keeps its cookies, of services with cookies over servers with cookies. */
function bound(random, name, servers) {
  const names = namesOf(servers)
  const cookie = { ...cookieOf(random), name: 'in' }
  const right = random.chance(0.3) ? `${name}-r@file` : `${name}-r`
  const services = {
    [`${name}-l`]: balanced(servers, [[names[0]], [names[1]]], { sticky: { cookie } }),
    [`${name}-r`]: balanced(servers, [[names[2]], [names[3]]], { sticky: { cookie } }),
    [name]: {
      weighted: {
        services: [{ name: `${name}-l` }, { name: right }],
        sticky: { cookie: cookieOf(random) },
      },
    },
  }
  return {
    http: { routers: router(name), services },
    steps: [
      { ask: 1, cookies: 'keep' },
      { ask: 4, cookies: 'keep' },
      { ask: 4, cookies: [], look: 'shape' },
    ],
    alike: [...names, `${name}-l`, right],
  }
}

/** By the addresses of clients. */
function byAddress(random, name, servers) {
  const names = namesOf(servers).slice(0, 2 + random.below(3))
  const weights = drawnWeights(random, names.length)
  const services = {}
  if (random.chance(0.5)) {
    services[name] = balanced(servers, names.map((server, at) => [server, weightOf(weights[at])]), { strategy: 'hrw', ...(random.chance(0.3) ? { sticky: { cookie: { name: 'lb' } } } : {}) }) // biome-ignore format: short
  } else {
    for (const [at, server] of names.entries()) services[`${name}-${at}`] = balanced(servers, [[server]])
    services[name] = {
      highestRandomWeight: { services: names.map((_, at) => ({ name: `${name}-${at}${random.chance(0.2) ? '@file' : ''}`, ...weightOf(weights[at]) })) }, // biome-ignore format: short
    }
  }
  return {
    http: { routers: router(name), services },
    steps: Array.from({ length: 15 }, () => ({
      ask: 1,
      from: `127.${random.below(3)}.0.${1 + random.below(250)}`,
      ...(random.chance(0.3) ? { lines: ['X-Forwarded-For: 9.9.9.9'] } : {}),
    })),
  }
}

const CONTENTS = [undefined, '', 'x', 'hello', 'twelve octet', 'a'.repeat(40), 'b'.repeat(3000)]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']

/** What Go sends again by itself where a connection breaks that it has had for a while is not among them. */
const ASKED_ONCE = ['POST', 'PUT', 'DELETE', 'PATCH']

export const drawn = (random, methods = METHODS) => {
  const content = random.pick(CONTENTS)
  return { method: content === undefined ? random.pick(methods) : random.pick(['POST', 'PUT', 'DELETE', 'GET'].filter((one) => methods.includes(one))), content, chunked: random.chance(0.3) } // biome-ignore format: short
}

/** Copies of requests, by percents. */
function copied(random, name, servers) {
  const [main, ...others] = namesOf(servers)
  const mirrors = others.slice(0, 1 + random.below(3)).map((server, at) => {
    const isBroken = random.chance(0.05)
    return {
      server,
      mirror: { name: `${name}-${at}`, ...(random.chance(0.1) ? {} : { percent: isBroken ? 101 : random.pick([100, 50, 33, 10, 1, 0, 75]) }) }, // biome-ignore format: short
    }
  })
  const body = random.pick([undefined, undefined, true, false])
  const services = {
    [`${name}-main`]: balanced(servers, [[main]]),
    ...Object.fromEntries(mirrors.map(({ server, mirror }) => [mirror.name, balanced(servers, [[server]])])),
    [name]: {
      mirroring: {
        service: `${name}-main`,
        mirrors: mirrors.map(({ mirror }) => mirror),
        ...(body === undefined ? {} : { mirrorBody: body }),
        ...(random.chance(0.5) ? { maxBodySize: random.pick([-1, 0, 1, 5, 12, 40, 1000]) } : {}),
      },
    },
  }
  const deed = random.pick([[], [], ['X-Do: 503'], ['X-Do: 404']])
  // Without the content whose length they keep, Traefik's copies are not sent.
  const asked = () => (body === false ? { method: random.pick(METHODS) } : drawn(random))
  return {
    sees: 'late',
    http: { routers: router(name), services },
    steps: [
      ...Array.from({ length: 12 }, () => ({ ask: 1 + random.below(4), ...asked(), lines: deed })),
      { show: [`services/${name}`, `routers/${name}`] },
    ],
  }
}

/** A service for when another one fails. */
function fallback(random, name, servers) {
  const [main, second, third] = namesOf(servers)
  const errors = {
    status: random.pick([['500-599'], ['503'], ['404', '502'], ['200'], [], ['599-500'], ['abc'], ['500-']]),
    ...(random.chance(0.5) ? { maxRequestBodyBytes: random.pick([-1, 0, 5, 1000]) } : {}),
  }
  const services = {
    [`${name}-main`]: balanced(servers, [[main]]),
    [`${name}-second`]: balanced(servers, [[second]]),
    [`${name}-third`]: random.chance(0.8) ? balanced(servers, [[third]]) : { loadBalancer: { servers: [] } },
    [`${name}-inner`]: {
      failover: { service: `${name}-second`, fallback: `${name}-third`, errors: { status: ['500-503'] } },
    },
    [name]: {
      failover: { service: `${name}-main`, fallback: random.chance(0.5) ? `${name}-inner` : `${name}-second`, ...(random.chance(0.9) ? { errors } : {}), ...(random.chance(0.1) ? { healthCheck: {} } : {}) },
    },
  } // biome-ignore format: short
  const deed = () => random.pick(['200', '200', '404', '500', '503', 'reset'])
  return {
    http: { routers: router(name), services },
    steps: [
      ...Array.from({ length: 10 }, () => [
        { set: main, script: [deed()] },
        { set: second, script: [deed()] },
        { ask: 1, ...drawn(random, ASKED_ONCE) },
        { set: main, script: [] },
        { set: second, script: [] },
      ]).flat(),
      { show: [`services/${name}`, `routers/${name}`] },
    ],
  }
}

/** Strategies that look at how servers do. */
function watchful(random, name, servers) {
  const names = namesOf(servers)
  if (random.chance(0.5)) {
    const weight = random.pick([0, 3, undefined])
    const service = balanced(servers, [[names[0], weightOf(weight)]], { strategy: random.pick(['p2c', 'leasttime', 'wrr', 'hrw']) }) // biome-ignore format: short
    return { http: { routers: router(name), services: { [name]: service } }, steps: [{ ask: 3 }] }
  }
  // Each of them is tried; then the quick one has it all.
  const service = balanced(servers, [[names[0]], [names[1]]], { strategy: 'leasttime' })
  return {
    http: { routers: router(name), services: { [name]: service } },
    steps: [
      { set: names[0], usual: '200+350' },
      { set: names[1], usual: '200' },
      { ask: 2, look: 'counts' },
      { ask: 6, look: 'counts' },
    ],
  }
}

export const SPREADING = [round, nested, sticky, sticky, bound, byAddress, copied, copied, fallback, fallback, watchful]
