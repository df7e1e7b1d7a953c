import type * as z from 'zod'
import { type BuildScope, ConfigError, type MiddlewareKind, type Resources } from '../../src/contracts/kinds.ts'
import type { Passwords, Ports, Transport } from '../../src/contracts/ports.ts'
import type { TokenStore } from '../../src/contracts/token-store.ts'
import { compileRegexp } from '../../src/engine/matching/regexp/regexp.ts'
import { type Body, BytesBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import type { Handler, Middleware } from '../../src/http/handler.ts'
import { ProxyRequest } from '../../src/http/request.ts'
import { type Client, RequestContext } from '../../src/http/request-context.ts'
import { ProxyResponse } from '../../src/http/response.ts'
import type { ElementSchema, PrepareScope } from '../../src/schema/element.ts'

/** A middleware by itself: options, a request, a scripted next handler; what that saw and what came back. */

/** An exchange that nobody listens to. */
export class TestContext extends RequestContext {
  constructor(client: Partial<Client> = {}) {
    super('web', { address: '192.0.2.1', port: 4711, tls: null, ...client }, 0)
  }

  override waitUntil(): void {}
}

/** What a test says of a request; field lines are name, value, name, value … */
export interface RequestSketch {
  readonly method?: string
  readonly scheme?: 'http' | 'https'
  readonly host?: string
  readonly target?: string
  readonly headers?: readonly string[]
  /** A body, or text that is one of known length. */
  readonly content?: Body | string
  readonly upgrade?: string
}

const bodyOf = (content: Body | string | undefined): Body | null =>
  typeof content === 'string' ? new BytesBody(new TextEncoder().encode(content)) : (content ?? null)

export const requestOf = (sketch: RequestSketch = {}): ProxyRequest =>
  new ProxyRequest(
    sketch.method ?? 'GET',
    sketch.scheme ?? 'http',
    sketch.host ?? 'host.example',
    sketch.target ?? '/',
    new Fields([...(sketch.headers ?? [])]),
    bodyOf(sketch.content),
    sketch.upgrade ?? null,
    'HTTP/1.1',
  )

/** What a test says of the answer of the next handler. */
export interface ResponseSketch {
  readonly status?: number
  readonly headers?: readonly string[]
  readonly content?: Body | string
}

export const responseOf = (sketch: ResponseSketch = {}): ProxyResponse =>
  new ProxyResponse(sketch.status ?? 200, new Fields([...(sketch.headers ?? [])]), sketch.content ?? 'inner')

/** Everything a kind asked its scopes for. */
export interface TestScopes {
  readonly prepare: PrepareScope
  readonly build: BuildScope
  readonly warnings: string[]
  readonly logged: string[]
}

export interface ScopeOptions {
  readonly files?: Readonly<Record<string, string>>
  readonly passwords?: Pick<Passwords, 'bcrypt'>
  readonly chain?: (names: readonly string[]) => Middleware
  readonly ports?: Partial<Ports>
  /** By qualified name. */
  readonly services?: Readonly<Record<string, Handler>>
  readonly transport?: (options: Resources['transport']['options']) => Transport
  readonly tokenStore?: (options: Resources['tokenStore']['options']) => TokenStore
  readonly manual?: BuildScope['manual']
}

/** Transports of a platform with Fetch, which no middleware under test opens. */
export const byFetch: Ports['transports'] = {
  byFetch: true,
  open: () => {
    throw new Error('not in this test')
  },
}

export function testScopes(options: ScopeOptions = {}): TestScopes {
  const warnings: string[] = []
  const logged: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const missing = (): never => {
    throw new Error('not in this test')
  }
  const prepare: PrepareScope = {
    name: 'm@file',
    qualify: (name) => (name.includes('@') ? name : `${name}@file`),
    readFile(path) {
      const content = options.files?.[path]
      if (content === undefined) throw new Error(`open ${path}: no such file or directory`)
      return content
    },
    warn,
  }
  const ports = {
    clock: { now: () => 0, date: () => new Date(0), after: () => () => {} },
    transports: { open: missing },
    passwords: { verified: new Map(), ...(options.passwords ?? { bcrypt: () => false }) },
    codecs: { gunzip: missing, encodings: [], compress: missing },
    log: { log: (_level: string, message: string) => void logged.push(message) },
    hostname: 'proxy.example',
    compileRegexp,
    random: () => 0,
    ...options.ports,
  }
  const service = (name: string) => {
    const handle = options.services?.[name]
    if (handle === undefined) throw new ConfigError(`the service "${name}" does not exist`)
    return { name, handle }
  }
  const { chain = missing, transport = missing, tokenStore = missing } = options
  const once = <T>(create: () => T): T => create()
  const { manual = { on: null } } = options
  // Kinds under test take what is here; a scope that grows needs no change in their tests.
  const openers = { transport, tokenStore } as Record<string, (options: unknown) => unknown>
  const open = (kind: string, options: unknown) => openers[kind]!(options)
  const build = { name: 'm@file', user: 'r@file', ports, service, chain, open, once, manual, warn, observer: null }
  return { prepare, build: build as unknown as BuildScope, warnings, logged }
}

/** Plans and builds a middleware as the linker does; its configuration goes through JSON, as it does on its way. */
export function buildMiddleware<S extends z.ZodType, C>(
  element: ElementSchema<S, C>,
  kind: MiddlewareKind<C>,
  options: z.input<S>,
  scopes: TestScopes = testScopes(),
): Middleware {
  const config = element.prepare(element.schema.parse(options), scopes.prepare)
  return kind.build(JSON.parse(JSON.stringify(config)) as C, scopes.build)
}

/** Why the options can't be prepared; null when they can. */
export function prepareErrorOf<S extends z.ZodType, C>(
  element: ElementSchema<S, C>,
  options: z.input<S>,
  scopes: TestScopes = testScopes(),
): string | null {
  try {
    element.prepare(element.schema.parse(options), scopes.prepare)
    return null
  } catch (error) {
    if (error instanceof Error && error.name === 'PrepareError') return error.message
    throw error
  }
}

export interface Exchange {
  readonly response: ProxyResponse
  /** What the next handler got; null when it was not reached. */
  readonly seen: ProxyRequest | null
  readonly cx: TestContext
}

/** One request through a middleware. */
export async function exchange(
  middleware: Middleware,
  sketch: RequestSketch = {},
  answer: ResponseSketch = {},
  cx: TestContext = new TestContext(),
): Promise<Exchange> {
  let seen: ProxyRequest | null = null
  const inner: Handler = (request) => {
    seen = request
    return responseOf(answer)
  }
  const response = await middleware(inner)(requestOf(sketch), cx)
  return { response, seen, cx }
}
