// Stories of middlewares that count: limits, breakers, tries. Periods are so long, or pauses so wide, that neither side is at
// the end of one.
import { balanced } from './spreading.mjs'

const namesOf = (servers) => Object.keys(servers).slice(0, 4)

/** A router with one middleware after the other before some servers. */
function guarded(name, servers, list, middlewares, more = {}) {
  const chain = Object.keys(middlewares)
  return {
    routers: {
      [name]: { entryPoints: ['front', 'side'], rule: `PathPrefix(\`/${name}\`)`, service: name, middlewares: chain },
      ...more.routers,
    },
    services: { [name]: balanced(servers, list), ...more.services },
    middlewares,
  }
}

const SOURCES = [
  {},
  {},
  { sourceCriterion: { requestHost: true } },
  { sourceCriterion: { requestHost: false } },
  { sourceCriterion: { requestHeaderName: 'X-K' } },
  { sourceCriterion: { requestHeaderName: 'host' } },
  { sourceCriterion: { ipStrategy: { depth: 0 } } },
  { sourceCriterion: { ipStrategy: { depth: 1 } } },
  { sourceCriterion: { ipStrategy: { depth: 2 } } },
  { sourceCriterion: { ipStrategy: { depth: -1 } } },
  { sourceCriterion: { ipStrategy: { excludedIPs: ['10.0.0.0/8'] } } },
  { sourceCriterion: { ipStrategy: { excludedIPs: ['10.1.1.1', 'x'] } } },
  { sourceCriterion: { ipStrategy: { ipv6Subnet: 64, depth: 1 } } },
  { sourceCriterion: { ipStrategy: { ipv6Subnet: 129 } } },
  { sourceCriterion: { ipStrategy: { depth: 1 }, requestHost: true } },
  { sourceCriterion: { requestHeaderName: 'X-K', requestHost: true } },
]
/** What tells one source from another. */
const ASKING = [
  {},
  {},
  { from: '127.0.0.2' },
  { from: '127.0.0.3' },
  { lines: ['Host: b.test'] },
  { lines: ['Host: A.test'] },
  { lines: ['Host: a.test:80'] },
  { lines: ['X-K: v'] },
  { lines: ['X-K: w', 'X-K: v'] },
  { lines: ['X-K:'] },
  { lines: ['x-k: v'] },
  { lines: ['X-Forwarded-For: 10.1.1.1'] },
  { lines: ['X-Forwarded-For: 10.1.1.1, 8.8.8.8'] },
  { lines: ['X-Forwarded-For: 10.1.1.1', 'X-Forwarded-For: 8.8.8.8'] },
  { lines: ['X-Forwarded-For: 8.8.8.8, 10.1.1.1'] },
  { lines: ['X-Forwarded-For: 2001:db8::1'] },
  { lines: ['X-Forwarded-For: 2001:db8::2, 2001:db8::3'] },
  { lines: ['X-Forwarded-For: x,  ,'] },
]

/** A router with the same middleware, or twice with it. */
function second(random, name) {
  const middlewares = random.pick([[`${name}-m`], [`${name}-m`, `${name}-m`]])
  return { routers: { [`${name}-2`]: { entryPoints: ['front'], rule: `PathPrefix(\`/${name}/two\`)`, service: name, middlewares } } } // biome-ignore format: short
}

/** By which router and which entry point. */
const place = (random) => random.pick([{}, {}, {}, { path: '/two' }, { entryPoint: 'side' }])

/** Requests that wait for a token, which come back one a second. */
function delayed(random, name, servers) {
  const [a] = namesOf(servers)
  const rateLimit = { average: 1, burst: 1 }
  const http = guarded(name, servers, [[a]], { [`${name}-m`]: { rateLimit } })
  // Half a second is what is waited at most.
  const late = { wait: 620 }
  const turn = [late, { ask: 1, slow: 190 }]
  const last = [{ wait: random.pick([50, 620, 1300]) }, { ask: 1, slow: 190 }]
  return { http, steps: [{ ask: 2 }, ...turn, { ask: 1 }, ...(random.chance(0.5) ? turn : []), ...last] }
}

/** Tokens of sources. */
function limited(random, name, servers) {
  const [a] = namesOf(servers)
  const rateLimit = {
    ...random.pick([{ average: 1, period: '1h' }, { average: 1, period: '1h' }, { average: 3, period: '10h' }, { average: 0 }, { period: '5s' }, { average: -1 }, { average: 1, period: '-1s' }, { average: 1000, period: '1s' }, { average: 1, period: '0s', burst: 1 }]),
    ...random.pick([{}, { burst: 1 }, { burst: 2 }, { burst: 3 }, { burst: 0 }, { burst: -1 }]),
    ...random.pick(SOURCES),
  } // biome-ignore format: short
  // Of those, tokens come back while requests do: they are asked for once.
  const isQuick = rateLimit.period === '1s' || rateLimit.period === '0s'
  const http = guarded(name, servers, [[a]], { [`${name}-m`]: { rateLimit } }, second(random, name))
  const steps = Array.from({ length: isQuick ? 1 : 14 }, () => ({ ask: 1, ...random.pick(ASKING), ...place(random) }))
  return { http, steps: [...steps, { show: [`middlewares/${name}-m`, `routers/${name}`] }] }
}

/** Requests that hang. */
function crowded(random, name, servers) {
  const [a] = namesOf(servers)
  const amount = random.pick([1, 2, 3, 0, -1])
  const inFlightReq = { amount, ...random.pick(SOURCES) }
  const http = guarded(name, servers, [[a]], { [`${name}-m`]: { inFlightReq } }, second(random, name))
  const hold = () => ({ hold: 1 + random.below(3), ...random.pick(ASKING), ...place(random) })
  return {
    http,
    steps: [
      hold(),
      hold(),
      { ask: 1, ...random.pick(ASKING), ...place(random) },
      hold(),
      { release: true },
      { ask: 2, ...random.pick(ASKING) },
      hold(),
      { release: true },
      { ask: 1 },
      { show: [`middlewares/${name}-m`, `routers/${name}`] },
    ].map(({ from: _, ...step }) => step),
  }
}

const EXPRESSIONS = [
  'ResponseCodeRatio(500, 600, 0, 600) > 0.5',
  'ResponseCodeRatio(500, 600, 0, 600) > 0.30',
  'ResponseCodeRatio(404, 405, 200, 201) >= 1.0',
  'ResponseCodeRatio(500, 600, 200, 300) > 0.5',
  'NetworkErrorRatio() > 0.4',
  'NetworkErrorRatio() >= 0.5 || ResponseCodeRatio(500, 501, 0, 600) > 0.4',
  'NetworkErrorRatio() > 0.3 && LatencyAtQuantileMS(50.0) >= 0',
  'LatencyAtQuantileMS(50.0) > 250',
  'LatencyAtQuantileMS(100.0) > 250',
  'LatencyAtQuantileMS(50) > 250',
  'NetworkErrorRatio() > 1',
  'ResponseCodeRatio(500, 600, 0, 600)',
  '!(NetworkErrorRatio() > 0.5)',
  '(NetworkErrorRatio() < 0.5) && ResponseCodeRatio(404, 405, 0, 600) == 1.0',
  'ResponseCodeRatio(500, 600, 0, 600) != 0.0',
]

/** A breaker that opens and closes. */
function broken(random, name, servers) {
  const [a, b] = namesOf(servers)
  const code = random.pick([undefined, undefined, 429, 200, 599])
  const circuitBreaker = {
    expression: random.pick(EXPRESSIONS),
    checkPeriod: '1ns',
    fallbackDuration: '700ms',
    recoveryDuration: '500ms',
    ...(code === undefined ? {} : { responseCode: code }),
  }
  const middlewares = { [`${name}-m`]: { circuitBreaker } }
  const isRetried = random.chance(0.25)
  if (isRetried) middlewares[`${name}-r`] = { retry: { attempts: 2, status: ['500'] } }
  const http = guarded(name, servers, [[a]], middlewares, { services: { [`${name}-e`]: balanced(servers, [[b]]) } })
  if (random.chance(0.2)) {
    http.middlewares[`${name}-p`] = { errors: { status: ['500-599'], service: `${name}-e`, query: '/{status}' } }
    http.routers[name].middlewares = random.chance(0.5) ? [`${name}-p`, `${name}-m`] : [`${name}-m`, `${name}-p`]
  }
  const deed = () => random.pick(['200', '200', '500', '500', '503', '404', 'reset', '200+400'])
  const asking = (count) => Array.from({ length: count }, () => [{ ask: 1, method: 'DELETE', lines: [`X-Do: ${deed()}`] }, { wait: 15 }]).flat() // biome-ignore format: short
  return {
    http,
    steps: [
      ...asking(7),
      { wait: 900 },
      // The first one after the time ends it, and is refused.
      { ask: 1, lines: ['X-Do: 200'] },
      { wait: 700 },
      { ask: 2, lines: ['X-Do: 200'] },
      { wait: 15 },
      ...asking(3),
      { show: [`middlewares/${name}-m`, `routers/${name}`] },
    ],
  }
}

/** Tries. */
function again(random, name, servers) {
  const [a] = namesOf(servers)
  const retry = {
    attempts: random.pick([1, 2, 3, 4, 0, -1]),
    ...random.pick([{}, { status: ['500-599'] }, { status: ['503', '404'] }, { status: ['200'] }, { status: [] }, { status: ['x'] }]),
    ...(random.chance(0.3) ? { initialInterval: random.pick(['1ms', '10ms', '-1s']) } : {}),
    ...(random.chance(0.2) ? { timeout: random.pick(['1ns', '10s', '0s']) } : {}),
    ...(random.chance(0.3) ? { maxRequestBodyBytes: random.pick([-1, 0, 5, 100]) } : {}),
    ...(random.chance(0.2) ? { disableRetryOnNetworkError: random.chance(0.7) } : {}),
    ...(random.chance(0.3) ? { retryNonIdempotentMethod: random.chance(0.7) } : {}),
  } // biome-ignore format: short
  // With one server of two gone, chance decides which of them the last try is for, unless what the other one says is final.
  const hasGone = random.chance(0.3) && !retry.status?.includes('200')
  const list = hasGone ? [['gone'], [a]] : [[a]]
  const middlewares = { [`${name}-m`]: { retry } }
  if (random.chance(0.2)) middlewares[`${name}-2`] = { retry: { attempts: 2, status: ['502'] } }
  const http = hasGone ? guarded(name, servers, list, middlewares) : paged(random, name, servers, list, middlewares)
  return { http, steps: tried(random, a, name, hasGone) }
}

/** With pages for errors, which are asked for with what middlewares have made of the request, outside or inside. */
function paged(random, name, servers, list, middlewares) {
  const page = namesOf(servers)[1]
  if (random.chance(0.3)) middlewares[`${name}-p`] = { stripPrefix: { prefixes: [`/${name}`] } }
  const http = guarded(name, servers, list, middlewares, { services: { [`${name}-e`]: balanced(servers, [[page]]) } })
  if (random.chance(0.35)) {
    http.middlewares[`${name}-e`] = { errors: { status: ['500-599'], service: `${name}-e`, query: '/{status}?{url}' } }
    http.routers[name].middlewares = random.chance(0.5) ? [`${name}-e`, ...http.routers[name].middlewares] : [...http.routers[name].middlewares, `${name}-e`] // biome-ignore format: short
  }
  return http
}

const CONTENTS = [undefined, undefined, '', 'x', 'hello', 'a'.repeat(300)]

function tried(random, server, name, hasGone) {
  const steps = []
  for (let i = 0; i < 8; i++) {
    const content = random.pick(CONTENTS)
    const method = random.pick(content === undefined ? ['GET', 'HEAD', 'DELETE', 'POST'] : ['POST', 'PUT', 'PATCH', 'LOCK']) // biome-ignore format: short
    // Go sends the others again by itself where a connection breaks that it has had for a while.
    const isAskedOnce = method !== 'GET' && method !== 'HEAD'
    const deed = () => random.pick(['200', '500', '503', '404', '502', isAskedOnce ? 'reset' : '504'])
    const usual = hasGone ? '200' : deed()
    steps.push(
      { set: server, usual, script: hasGone ? [] : Array.from({ length: random.below(4) }, deed) },
      // Where one server of two is gone, whole rounds.
      { ask: hasGone ? 2 : 1, method, content, chunked: random.chance(0.3), look: hasGone ? 'counts' : 'each' },
    )
  }
  return [...steps, { show: [`middlewares/${name}-m`, `routers/${name}`] }]
}

/** Tries of `buffering`. */
function replayed(random, name, servers) {
  const [a] = namesOf(servers)
  const buffering = {
    retryExpression: random.pick(['Attempts() < 2', 'IsNetworkError() && Attempts() < 3', 'ResponseCode() == 503 && Attempts() <= 2', 'Attempts() < 4 && (ResponseCode() >= 500 || IsNetworkError())', 'RequestMethod() == "GET" && Attempts() < 2', 'Attempts() < 0', 'Attempts()', 'ResponseCode() == "503"', 'IsNetworkError() == true']),
    ...(random.chance(0.2) ? { maxRequestBodyBytes: random.pick([5, 100]) } : {}),
    ...(random.chance(0.2) ? { maxResponseBodyBytes: random.pick([1, 100]) } : {}),
  } // biome-ignore format: short
  const middlewares = { [`${name}-m`]: { buffering } }
  if (random.chance(0.3)) middlewares[`${name}-r`] = { retry: { attempts: 2, status: ['503'] } }
  return { http: paged(random, name, servers, [[a]], middlewares), steps: tried(random, a, name, false) }
}

export const COUNTERS = [
  limited,
  limited,
  limited,
  delayed,
  crowded,
  crowded,
  broken,
  broken,
  again,
  again,
  again,
  replayed,
]
