import type { HttpMiddleware } from '../../dynamic/http.ts'
import type { Finding, Note } from './findings.ts'
import { ipAddressOf } from './server-host.ts'

/** bcrypt beyond this cost takes more CPU time than a request has on the free plan. */
const BCRYPT_COST = 5

type Options<K extends keyof HttpMiddleware> = NonNullable<HttpMiddleware[K]>
const PER_ISOLATE = 'accept that each isolate counts for itself, or have it done by a service behind'

/** What each middleware can't be on Workers; those that are the same everywhere have no entry. */
const rules: { [K in keyof HttpMiddleware]?: (options: Options<K>, note: Note) => void } = {
  basicAuth({ users }, note) {
    for (const [at, user] of (users ?? []).entries()) {
      const cost = /:\$2[abxy]\$(\d\d)\$/.exec(user)?.[1]
      if (cost === undefined || Number(cost) <= BCRYPT_COST) continue
      note(
        'basicAuth',
        'warning',
        ['users', at],
        `bcrypt of cost ${Number(cost)} takes more CPU time than a request may have`,
        `hash with cost ${BCRYPT_COST}, or move users to a service of their own`,
      )
    }
  },
  digestAuth(_, note) {
    note(
      'digestAuth',
      'warning',
      [],
      'nonces are known to one isolate only, so clients are asked again now and then',
      PER_ISOLATE,
    )
  },
  forwardAuth(options, note) {
    if (options.tls !== undefined) {
      note(
        'forwardAuth',
        'error',
        ['tls'],
        "TLS options to the authentication server can't be set",
        'give it a certificate of a public authority',
      )
    }
    const host = ipAddressOf(options.address ?? '')
    if (host !== null) {
      note(
        'ipServers',
        'error',
        ['address'],
        `an authentication server given as an IP address (${host}) is refused`,
        'give the server a host name',
      )
    }
    if (options.forwardBody && !options.preserveRequestMethod) {
      note(
        'forwardAuth',
        'error',
        ['forwardBody'],
        'the authentication server gets no content: it is asked by GET, which has none',
        'set preserveRequestMethod, so that it is asked by the method of the request',
      )
    }
  },
  rateLimit(options, note) {
    if (options.redis !== undefined)
      note(
        'rateLimitRedis',
        'error',
        ['redis'],
        'Redis can’t be reached',
        'take the block away and bind the Durable Object SIGNALBOX_STATE',
      )
    else
      note(
        'rateLimit',
        'warning',
        [],
        'without a Durable Object the limit holds per isolate',
        'bind the Durable Object SIGNALBOX_STATE, or accept that each isolate counts for itself',
      )
  },
  inFlightReq(_, note) {
    note(
      'inFlightReq',
      'warning',
      [],
      'requests under way are counted per isolate, and a WebSocket only until it is open',
      PER_ISOLATE,
    )
  },
  circuitBreaker(_, note) {
    note('circuitBreaker', 'warning', [], 'each isolate has a circuit breaker of its own', PER_ISOLATE)
  },
  retry({ attempts, maxRequestBodyBytes, disableRetryOnNetworkError }, note) {
    if ((attempts ?? 0) < 2 || disableRetryOnNetworkError === true) return
    const isAny = (maxRequestBodyBytes ?? 0) < 0
    note(
      'retry',
      'warning',
      [],
      isAny
        ? 'bodies are held in the 128 MB of an isolate, as a failed attempt uses them up'
        : `a request with a body over maxRequestBodyBytes (${maxRequestBodyBytes}) is sent once only, as a failed attempt uses it up`,
      isAny ? 'set maxRequestBodyBytes' : 'set maxRequestBodyBytes to what your requests have, within 128 MB for all',
    )
  },
  buffering(options, note) {
    if (options.maxRequestBodyBytes === 0 || options.maxRequestBodyBytes === undefined) {
      note(
        'buffering',
        'warning',
        [],
        'bodies are held in the 128 MB of an isolate',
        'set maxRequestBodyBytes and maxResponseBodyBytes',
      )
    }
  },
  compress(options, note) {
    if (options.encodings?.length === 1 && options.encodings[0] === 'zstd') {
      note('compress', 'error', ['encodings'], 'zstd is not available', 'use br or gzip')
    }
  },
  grpcWeb(_, note) {
    note(
      'grpcWeb',
      'error',
      [],
      'trailers of servers are dropped by the platform, and gRPC is not without them',
      'let servers speak gRPC-Web themselves',
    )
  },
  headers(options, note) {
    const name = Object.keys(options.customRequestHeaders ?? {}).find((key) => key.toLowerCase() === 'host')
    if (name !== undefined) {
      note(
        'passHostHeader',
        'error',
        ['customRequestHeaders', name],
        "Host can't be set: servers see the host of their URL",
        'give the server that name in its URL',
      )
    }
  },
  plugin(_, note) {
    note(
      'plugins',
      'warning',
      [],
      'a Worker that was deployed without the plugin keeps the plan before',
      'run signalbox edge build and deploy first',
    )
  },
}

export function middlewareFindings(name: string, middleware: HttpMiddleware): Finding[] {
  const findings: Finding[] = []
  for (const [kind, options] of Object.entries(middleware)) {
    const rule = rules[kind as keyof HttpMiddleware] as ((options: unknown, note: Note) => void) | undefined
    if (options === undefined) continue
    rule?.(options, (capability, severity, inside, message, remedy) =>
      findings.push({
        capability,
        severity,
        section: 'http',
        path: ['middlewares', name, kind, ...inside],
        message,
        remedy,
      }),
    )
  }
  return findings
}
