// Random options of what is told: access log, metrics, spans; and what entry points say of them.

const FIELDS = [
  'StartUTC', 'StartLocal', 'Duration', 'RouterName', 'ServiceName', 'ServiceURL', 'ServiceAddr', 'ClientAddr', 'ClientHost', 'ClientPort',
  'ClientUsername', 'RequestAddr', 'RequestHost', 'RequestPort', 'RequestMethod', 'RequestProtocol', 'RequestScheme', 'RequestContentSize',
  'OriginDuration', 'OriginContentSize', 'OriginStatus', 'DownstreamStatus', 'DownstreamContentSize', 'RequestCount', 'GzipRatio', 'Overhead',
  'RetryAttempts', 'TLSClientSubject', 'TLSVersion', 'TLSCipher', 'entryPointName', 'TraceId', 'SpanId', 'trace_id', 'span_id', 'level', 'nothing',
] // biome-ignore format: a list
const HEADERS = [
  'X-K', 'x-other', 'User-Agent', 'user-agent', 'Referer', 'Cookie', 'Authorization', 'Content-Type', 'Set-Cookie', 'X-R', 'Vary', 'Date',
  'Location', 'X-Forwarded-For', 'Host', 'Connection', 'Transfer-Encoding', 'Content-Length', 'X-Under_Score', 'X.Other', 'X-Absent', 'Trailer', 'Te',
] // biome-ignore format: a list
const CASES = [(text) => text, (text) => text, (text) => text.toLowerCase(), (text) => text.toUpperCase()]

/** Filters by status, and a status that passes them. */
const STATUSES = [
  ['200', 0, 200],
  ['200-299,404', 0, 200],
  ['400-499', 9, 418],
  ['418,500-599', 2, 500],
  ['404', 1, 404],
]

/**
 * Options of an install configuration.
 * @param {import('../random.mjs').Random} random
 * @returns flags; the format of access lines; what the marker wants of its server, so that it has a line
 */
export function install(random) {
  const { filters, want } = filtersOf(random)
  const format = random.pick(['json', 'json', 'json', 'common', 'genericCLF'])
  const isTraced = random.chance(0.5)
  return {
    format,
    want,
    isTraced,
    flags: [
      ...accessLog(random, format),
      ...filters,
      ...metrics(random),
      ...(isTraced ? tracing(random) : []),
      ...['trusting', 'secure'].flatMap((name) => entryPoint(random, name)),
    ],
  }
}

function accessLog(random, format) {
  const flags = [`--accessLog.format=${format}`, '--accessLog=true']
  if (random.chance(0.2)) flags.push(`--accessLog.bufferingSize=${random.pick([1, 100])}`)
  if (random.chance(0.3)) flags.push('--accessLog.addInternals=true')
  if (random.chance(0.4)) {
    const mode = random.pick(['keep', 'drop'])
    flags.push(`--accessLog.fields.defaultMode=${mode}`)
    for (const name of random.some(FIELDS, 0.2)) {
      flags.push(`--accessLog.fields.names.${random.pick(CASES)(name)}=${random.pick(['keep', 'drop', 'other'])}`)
    }
    // The marker is known by it.
    flags.push('--accessLog.fields.names.RequestPath=keep')
  }
  if (random.chance(0.7)) {
    flags.push(`--accessLog.fields.headers.defaultMode=${random.pick(['keep', 'keep', 'drop', 'redact'])}`)
    for (const name of random.some(HEADERS, 0.2)) {
      flags.push(`--accessLog.fields.headers.names.${name}=${random.pick(['keep', 'drop', 'redact'])}`)
    }
  }
  if (random.chance(0.3)) flags.push(`--accessLog.fields.queryParameters.defaultMode=${random.pick(['keep', 'drop'])}`)
  return flags
}

function filtersOf(random) {
  if (random.chance(0.6)) return { filters: [], want: 0 }
  const [codes, want] = random.pick(STATUSES)
  const filters = [`--accessLog.filters.statusCodes=${codes}`]
  if (random.chance(0.2)) filters.push('--accessLog.filters.retryAttempts=true')
  if (random.chance(0.2)) filters.push(`--accessLog.filters.minDuration=${random.pick(['1ns', '1h'])}`)
  return { filters, want }
}

function metrics(random) {
  if (random.chance(0.1)) return []
  const flags = ['--metrics.prometheus=true']
  for (const name of ['EntryPoints', 'Routers', 'Services']) {
    if (random.chance(0.6)) flags.push(`--metrics.prometheus.add${name}Labels=${random.chance(0.7)}`)
  }
  if (random.chance(0.2)) flags.push('--metrics.addInternals=true')
  if (random.chance(0.3)) flags.push(`--metrics.prometheus.buckets=${random.pick(['0.5', '1,2,3', '0.000001,100'])}`)
  const labels = { key: 'X-K', agent: 'user-agent', host: 'Host', absent: 'X-Absent', forwarded: 'X-Forwarded-For' }
  for (const name of random.some(Object.keys(labels), 0.15)) {
    flags.push(`--metrics.prometheus.headerLabels.${name}=${labels[name]}`)
  }
  return flags
}

function tracing(random) {
  const flags = ['--tracing=true']
  if (random.chance(0.2)) flags.push(`--tracing.sampleRate=${random.pick([0, 1])}`)
  if (random.chance(0.2)) flags.push('--tracing.addInternals=true')
  if (random.chance(0.4)) flags.push(`--tracing.safeQueryParams=${random.pick(['k', 'k,l', 'K'])}`)
  if (random.chance(0.4))
    flags.push(`--tracing.capturedResponseHeaders=${random.pick(['X-R,Set-Cookie', 'content-type', 'Location'])}`)
  flags.push(
    `--tracing.capturedRequestHeaders=X-Request${random.pick(['', '', ',X-K,Cookie', ',user-agent,x-other,X-Forwarded-For'])}`,
  )
  return flags
}

function entryPoint(random, name) {
  const flags = []
  const say = (option, value) => flags.push(`--entryPoints.${name}.observability.${option}=${value}`)
  for (const option of ['accessLogs', 'metrics', 'tracing']) if (random.chance(0.2)) say(option, random.chance(0.3))
  if (random.chance(0.5)) say('traceVerbosity', random.pick(['minimal', 'detailed', 'detailed']))
  return flags
}

/** Services beside those of `routing`, of which several may have answered. */
const SERVICES = {
  both: { weighted: { services: [{ name: 's0', weight: 1 }, { name: 'pages', weight: 2 }] } },
  second: { failover: { service: 's0', fallback: 'pages', errors: { status: ['400-599'] } } },
  nested: { weighted: { services: [{ name: 'second', weight: 1 }] } },
  unreachable: { failover: { service: 'gone', fallback: 's0', errors: { status: ['502'] } } },
  chosen: { highestRandomWeight: { services: [{ name: 's0', weight: 1 }] } },
} // biome-ignore format: a list

/** Middlewares beside those of `routing`, which refuse. */
const MIDDLEWARES = {
  limited: { rateLimit: { average: 1, period: '1h', burst: 2 } },
  digest: { digestAuth: { users: ['user:r:9b8a3a4fe3a7fbb2bb2e5a34dcb32d0c'] } },
  again: { retry: { attempts: 3, status: ['500-599'] } },
}

/**
 * Says of some routers what is told of their requests, and gives some of them services and middlewares of ours.
 * @param {import('../random.mjs').Random} random
 * @param configuration of `routing`
 */
export function observed(random, { http }) {
  const routers = Object.fromEntries(
    Object.entries(http.routers).map(([name, router]) => [name, changed(random, router)]),
  )
  return {
    http: {
      routers,
      middlewares: { ...http.middlewares, ...MIDDLEWARES },
      services: { ...http.services, ...SERVICES },
    },
    tls: { options: { default: { clientAuth: { clientAuthType: 'RequestClientCert' } } } },
  }
}

function changed(random, router) {
  const { service, middlewares } = router
  return {
    ...router,
    ...(service !== undefined && random.chance(0.3) ? { service: random.pick(Object.keys(SERVICES)) } : {}),
    ...(random.chance(0.15) ? { middlewares: [...middlewares, random.pick(Object.keys(MIDDLEWARES))] } : {}),
    ...(random.chance(0.3) ? { observability: observability(random) } : {}),
  }
}

function observability(random) {
  const options = { accessLogs: random.chance(0.7) }
  for (const option of ['metrics', 'tracing']) if (random.chance(0.5)) options[option] = random.chance(0.5)
  if (random.chance(0.5)) options.traceVerbosity = random.pick(['minimal', 'detailed'])
  return options
}
