import type { HttpMiddleware } from '../../../dynamic/http.ts'
import { quoteMeta } from '../../quote-meta.ts'
import { customName } from './backend.ts'
import { filterName } from './names.ts'
import { RefFault, type RouteScope, ValueFault } from './route-scope.ts'
import type { HeaderModifier, HttpFilter, MirrorFilter } from './specs.ts'

/** A middleware that a filter stands for: one of its own, or one that is there by its name. */
export interface NamedMiddleware {
  readonly name: string
  readonly element: HttpMiddleware | null
}

/** A filter that sends copies of requests. */
export interface Mirror {
  readonly filter: MirrorFilter
  /** Its place among the filters. */
  readonly index: number
}

/** Filters of a rule or of a backend. */
export interface Filters {
  readonly middlewares: (parent: string, path: string) => readonly NamedMiddleware[]
  readonly mirrors: readonly Mirror[]
}

type Make = (path: string) => HttpMiddleware

/**
 * What filters stand for (Traefik `loadMiddlewares`). Throws `RefFault` and `ValueFault`.
 * @param field what has the filters
 */
export function readFilters(scope: RouteScope, filters: readonly HttpFilter[], field: string): Filters {
  const mirrors: Mirror[] = []
  const made: ((parent: string, path: string) => NamedMiddleware)[] = []
  filters.forEach((filter, index) => {
    const at = `${field}.filters[${index}]`
    const supported = scope.kind === 'GRPCRoute' ? OF_GRPC : OF_HTTP
    if (!supported.includes(filter.type)) {
      throw new ValueFault(`unsupported filter ${filter.type}`, `${at}.type`, `one of ${supported.join(', ')}`)
    }
    if (filter.type === 'RequestMirror') {
      mirrors.push({ filter: given(filter.requestMirror, `${at}.requestMirror`), index })
      return
    }
    if (filter.type === 'ExtensionRef') {
      const name = extensionName(scope, filter, at)
      made.push(() => ({ name, element: null }))
      return
    }
    const make = middlewareOf(filter, at)
    made.push((parent, path) => ({ name: filterName(parent, filter.type, index), element: make(path) }))
  })
  return { mirrors, middlewares: (parent, path) => made.map((make) => make(parent, path)) }
}

function middlewareOf(filter: HttpFilter, field: string): Make {
  switch (filter.type) {
    case 'RequestHeaderModifier': {
      const modifier = given(filter.requestHeaderModifier, `${field}.requestHeaderModifier`)
      return () => ({ requestHeaderModifier: changes(modifier) })
    }
    case 'ResponseHeaderModifier': {
      const modifier = given(filter.responseHeaderModifier, `${field}.responseHeaderModifier`)
      return () => ({ responseHeaderModifier: changes(modifier) })
    }
    case 'RequestRedirect': {
      const redirect = given(filter.requestRedirect, `${field}.requestRedirect`)
      return (path) => ({ requestRedirect: redirection(redirect, path) })
    }
    case 'URLRewrite': {
      const { hostname, path: modifier } = given(filter.urlRewrite, `${field}.urlRewrite`)
      if (hostname === undefined && modifier === undefined) {
        throw new ValueFault('invalid filter URLRewrite: empty configuration', `${field}.urlRewrite`)
      }
      return (path) => ({
        URLRewrite: { ...(hostname === undefined ? {} : { hostname }), ...rewritten(modifier, path) },
      })
    }
    case 'CORS': {
      const cors = given(filter.cors, `${field}.cors`)
      return () => ({ cors: corsOptions(cors) })
    }
    default:
      throw new ValueFault(`unsupported filter ${filter.type}`, `${field}.type`)
  }
}

const OF_HTTP: readonly string[] = [
  ...['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'RequestMirror', 'CORS'],
  'ExtensionRef',
]

/** A copy of a request needs the whole of its content, and streams of gRPC may have no end. */
const OF_GRPC: readonly string[] = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'ExtensionRef']

function given<T>(options: T | undefined, field: string): T {
  if (options !== undefined) return options
  throw new ValueFault(`${field} is missing`, field)
}

function extensionName(scope: RouteScope, { extensionRef }: HttpFilter, field: string): string {
  const { group, kind, name } = given(extensionRef, `${field}.extensionRef`)
  const words = 'loading ExtensionRef filter ExtensionRef: '
  const refuse = (reason: string | null, hint: string) => {
    const why = reason ?? `unsupported filter extension ref ${group}/${kind}/${name}`
    return new RefFault('InvalidKind', words + why, `${field}.extensionRef`, hint)
  }
  if (group !== 'traefik.io' || kind !== 'Middleware') throw refuse(null, 'a Middleware of the group traefik.io')
  return customName(scope.options, scope.namespace, name, refuse)
}

const changes = ({ set, add, remove }: HeaderModifier) => ({
  ...(set.length === 0 ? {} : { set: fieldMap(set) }),
  ...(add.length === 0 ? {} : { add: fieldMap(add) }),
  ...(remove.length === 0 ? {} : { remove }),
})

function fieldMap(fields: HeaderModifier['set']): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const { name, value } of fields) map[name] = value
  return map
}

type Redirect = NonNullable<HttpFilter['requestRedirect']>

function redirection({ scheme, hostname, port, path: modifier, statusCode }: Redirect, path: string) {
  // The port of the request says nothing about another scheme.
  const own = scheme === 'http' || scheme === 'https' ? '' : undefined
  const target = port === undefined ? own : String(port)
  return {
    ...(scheme === undefined ? {} : { scheme }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(target === undefined ? {} : { port: target }),
    ...rewritten(modifier, path),
    statusCode,
  }
}

function rewritten(modifier: Redirect['path'], path: string): { path?: string; pathPrefix?: string } {
  switch (modifier?.type) {
    case 'ReplaceFullPath':
      return { path: modifier.replaceFullPath ?? '' }
    case 'ReplacePrefixMatch':
      return { path: modifier.replacePrefixMatch ?? '', pathPrefix: path }
    default:
      return {}
  }
}

type Cors = NonNullable<HttpFilter['cors']>

function corsOptions({ allowOrigins, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge }: Cors) {
  const exact = allowOrigins.filter((origin) => !origin.includes('*'))
  const patterns = allowOrigins.filter((origin) => origin.includes('*')).map(originPattern)
  return {
    ...(allowCredentials ? { allowCredentials: true } : {}),
    ...(exact.length === 0 ? {} : { allowOrigins: exact }),
    ...(patterns.length === 0 ? {} : { allowOriginRegexps: patterns }),
    ...(allowMethods.length === 0 ? {} : { allowMethods }),
    ...(allowHeaders.length === 0 ? {} : { allowHeaders }),
    ...(exposeHeaders.length === 0 ? {} : { exposeHeaders }),
    maxAge,
  }
}

/** By an expression, so that the answer names the origin that asked, and never `*`. */
function originPattern(origin: string): string {
  if (origin === '*') return '.*'
  const at = origin.indexOf('*')
  return `^${quoteMeta(origin.slice(0, at))}.*${quoteMeta(origin.slice(at + 1))}$`
}
