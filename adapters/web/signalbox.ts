import { decode } from '../../src/compiler/decode/decode.ts'
import { dynamicSchema } from '../../src/compiler/dynamic/dynamic.ts'
import { emptyInstall, installDefaults } from '../../src/compiler/install/defaults.ts'
import { compile } from '../../src/compiler/planning/compile.ts'
import { type ProgramMiddlewares, withProgram } from '../../src/contracts/kinds.ts'
import type { Logger, Ports } from '../../src/contracts/ports.ts'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import { isValidHost } from '../../src/http/authority.ts'
import { StreamBody } from '../../src/http/body.ts'
import { andThen } from '../../src/http/maybe-promise.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { Host } from '../../src/runtime/host.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import type { RuntimeReport } from '../../src/runtime/report.ts'
import { dispatch } from '../../src/runtime/routing/dispatch.ts'
import { runtimeClock } from './clock.ts'
import { type ExecutionLike, FetchContext } from './fetch-context.ts'
import { fromRequest } from './request.ts'
import { toResponse } from './response.ts'
import { type Fetch, fetchTransports } from './transport.ts'

export interface SignalboxOptions {
  /** Routing configuration as Traefik's files have it: `{ http: { routers, services, middlewares } }`. */
  readonly routing: unknown
  /** The entry point whose routers serve; `web` by default. */
  readonly entryPoint?: string
  /** The client's address, where the runtime tells it; rules and middlewares that need one match nothing without. */
  readonly clientAddress?: (request: Request, env: unknown) => string
  /** Middlewares of one's own, which routers call `NAME@program`. */
  readonly middlewares?: ProgramMiddlewares
  /** In the place of the runtime's `fetch`. */
  readonly fetch?: Fetch
  /** Where messages go; nowhere by default. */
  readonly log?: Logger
}

/** A proxy as a Fetch handler: it mounts wherever `(request, env, ctx) => Response` does. */
export interface Signalbox {
  fetch(request: Request, env?: unknown, ctx?: ExecutionLike): Promise<Response>
  /** Every element with its status and the reasons. */
  readonly report: RuntimeReport
  readonly problems: readonly ConfigProblem[]
}

/** Awaited here, so that a configuration is linked, and reported on, at once. */
const kinds = await loadAllKinds()

const silent: Logger = { log() {} }

/**
 * Serves a routing configuration from any runtime with Fetch (Workers, Deno, Bun, Node, a route of itty-router or
 * Hono). Throws when the configuration as a whole can't be read; bad elements are in `report` and disabled.
 */
export function createSignalbox(options: SignalboxOptions): Signalbox {
  const { entryPoint = 'web', log = silent, clientAddress = () => '', middlewares = {} } = options
  const { value, problems } = decode(dynamicSchema, options.routing, 'file')
  if (value === null) throw new TypeError(problems.map(({ message }) => message).join('\n'))
  const install = installDefaults(emptyInstall())
  const template = Object.values(install.entryPoints ?? {})[0]!
  const plan = compile(new Map([['file', value]]), {
    install: {
      ...install,
      entryPoints: { [entryPoint]: template },
      edge: { entryPoints: { http: entryPoint, https: [entryPoint] } },
    },
    target: 'edge',
    programMiddlewares: Object.keys(middlewares),
    readFile(path) {
      throw new Error(`open ${path}: there are no files here`)
    },
  })
  const host = new Host({ ports: createPorts(options.fetch ?? ((url, init) => fetch(url, init)), log) })
  const snapshot = host.apply(plan, { kinds: withProgram(kinds, middlewares), internal: new Map(), observer: null })
  const handler = dispatch(entryPoint, host.switch)

  return {
    report: snapshot.report,
    problems: [...problems, ...plan.problems, ...(snapshot.checks.length === 0 ? [] : [UNCHECKED])],
    async fetch(native, env, ctx) {
      const request = fromRequest(native)
      if (!isValidHost(request.authority)) {
        return new Response('400 Bad Request: malformed Host header', { status: 400 })
      }
      const cx = new FetchContext(entryPoint, clientAddress(native, env), ctx, runtimeClock.now())
      native.signal.addEventListener('abort', () => cx.abort(), { once: true })
      return andThen(handler(request, cx), (response) => toResponse(response, native.method, cx))
    },
  }
}

/** Nothing here calls back later, so nobody could run the checks. */
const UNCHECKED: ConfigProblem = {
  severity: 'warning',
  message: 'active health checks are not run by a Fetch handler: servers count as up',
  hint: 'use passiveHealthCheck',
  provider: null,
  path: [],
  position: null,
}

function createPorts(fetch: Fetch, log: Logger): Ports {
  return {
    clock: runtimeClock,
    log,
    transports: fetchTransports(fetch, runtimeClock),
    passwords: {
      verified: new Map(),
      async bcrypt(password, hash, client) {
        const { compare } = await import('bcryptjs')
        return client.hasLeft ? null : compare(password, hash)
      },
    },
    codecs: {
      encodings: ['gzip'],
      gunzip: (body) => transformed(body.stream(), new DecompressionStream('gzip')),
      compress: (body) => transformed(body.stream(), new CompressionStream('gzip')),
    },
    grpcHealth: null,
    tokenStores: null,
    compileRegexp,
    hostname: 'signalbox',
    random: Math.random,
  }
}

const transformed = (stream: ReadableStream<Uint8Array>, codec: CompressionStream | DecompressionStream): StreamBody =>
  new StreamBody((stream as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(codec), null)
