import type { HttpRouter } from '../../../dynamic/http.ts'
import { quote } from '../../../templates/quote.ts'
import type { PartBuilder } from '../parts.ts'
import { type CanaryChoice, canaryRule, nonCanaryRule } from './canary.ts'
import { type ErrorPages, errorsMiddleware } from './errors.ts'
import type { Location, NginxMiddleware } from './location.ts'
import type { LocationMiddlewares } from './middlewares.ts'
import type { NginxOptions } from './options.ts'
import type { WwwRedirect } from './redirects.ts'

/** What the routers of a location are made of. */
export interface RouterPlan {
  /** What they are called; the one with TLS has a suffix. */
  readonly key: string
  readonly rule: string
  readonly service: string
  /** It lacks what it needs: everything is answered with 503. */
  readonly isBroken: boolean
  /** Empty: the default ones. */
  readonly tlsOptions: string
  /** Null: there is none. */
  readonly canary: { readonly choice: CanaryChoice; readonly primary: string; readonly service: string } | null
  readonly www: WwwRedirect | null
  /** The rule of the bare root of the host, which nobody else takes; null: there is none. */
  readonly rootRule: string | null
  /** There is no router with TLS. */
  readonly isPlainOnly: boolean
  readonly pages: ErrorPages | null
  /** @param errors the middleware of error pages, which is another one for each router */
  readonly middlewares: (errors: NginxMiddleware | null) => LocationMiddlewares
  /** Adds the service that gives the pages to a router; returns its name. */
  readonly pagesFor: (pages: ErrorPages, router: string) => string
  readonly priority?: number
}

/** Answers 503, as it has no servers. */
export const UNAVAILABLE = 'unavailable-service'

/** Entry points of routers; absent: the default ones. */
export const entryPointsOf = (options: NginxOptions, isTls: boolean): { entryPoints?: string[] } => {
  const named = isTls ? options.httpsEntryPoint : options.httpEntryPoint
  if ((named ?? '') !== '') return { entryPoints: [named!] }
  const plain = options.plainEntryPoints ?? []
  return isTls || plain.length === 0 ? {} : { entryPoints: [...plain] }
}

/** Adds all routers of a location, with their middlewares. */
export function addRouters(location: Location, plan: RouterPlan, builder: PartBuilder, field: string): void {
  const { canary, isBroken } = plan
  const forCanary = canary === null ? null : canaryRule(plan.rule, canary.choice)
  const notForCanary = canary === null ? null : nonCanaryRule(plan.rule, canary.choice)
  for (const isTls of plan.isPlainOnly ? [false] : [false, true]) {
    const suffix = isTls ? '-tls' : ''
    const make = (key: string, rule: string, service: string, hasMiddlewares: boolean): HttpRouter =>
      routerOf(location, plan, builder, field, { key: key + suffix, rule, service, isTls, hasMiddlewares })
    const own = make(plan.key, plan.rule, isBroken ? UNAVAILABLE : plan.service, !isBroken)
    if (!isBroken && plan.www !== null) addWww(plan.key + suffix, own, plan.www, builder, field)
    if (!isBroken && plan.rootRule !== null) {
      const router = {
        ...own,
        rule: plan.rootRule,
        service: UNAVAILABLE,
        middlewares: [`${plan.key}${suffix}-app-root`],
      }
      builder.add('http.routers', `${plan.key}${suffix}-app-root-redirect`, router, field)
    }
    if (forCanary !== null) make(`${plan.key}-canary`, forCanary, canary!.service, true)
    if (notForCanary !== null) make(`${plan.key}-non-canary`, notForCanary, canary!.primary, true)
  }
}

interface Wanted {
  readonly key: string
  readonly rule: string
  readonly service: string
  readonly isTls: boolean
  readonly hasMiddlewares: boolean
}

function routerOf(
  location: Location,
  plan: RouterPlan,
  builder: PartBuilder,
  field: string,
  { key, rule, service, isTls, hasMiddlewares }: Wanted,
): HttpRouter {
  const middlewares = hasMiddlewares ? namesFor(location, plan, builder, field, key, isTls) : []
  const logged = location.annotations['enable-access-log']
  const router: HttpRouter = {
    ...entryPointsOf(location.options, isTls),
    rule,
    ruleSyntax: 'default',
    service,
    ...(middlewares.length === 0 ? {} : { middlewares }),
    ...(plan.priority === undefined ? {} : { priority: plan.priority }),
    ...(isTls ? { tls: plan.tlsOptions === '' ? {} : { options: plan.tlsOptions } } : {}),
    observability: {
      traceVerbosity: 'minimal',
      ...(logged === undefined ? {} : { accessLogs: logged }),
      metadata: { ingress: { namespace: location.namespace, name: location.ingress.metadata.name, kind: 'Ingress' } },
    },
  }
  builder.add('http.routers', key, router, field)
  return router
}

/** Adds the middlewares of a router, which has each for itself. */
function namesFor(
  location: Location,
  plan: RouterPlan,
  builder: PartBuilder,
  field: string,
  router: string,
  isTls: boolean,
): string[] {
  const { pages } = plan
  const errors = pages === null ? null : errorsMiddleware(location, pages, plan.pagesFor(pages, router))
  const { plain, tls } = plan.middlewares(errors)
  return (isTls ? tls : plain).map(({ suffix, middleware }) => {
    const name = `${router}-${suffix}`
    builder.add('http.middlewares', name, middleware, field)
    return name
  })
}

function addWww(key: string, router: HttpRouter, www: WwwRedirect, builder: PartBuilder, field: string): void {
  const name = `${key}-${www.middleware.suffix}`
  builder.add('http.middlewares', name, www.middleware.middleware, field)
  builder.add('http.routers', name, { ...router, rule: www.rule, service: UNAVAILABLE, middlewares: [name] }, field)
}

/** The rule of a location. @param hosts its own one and its aliases; an empty one: any */
export function ruleOf(hosts: readonly string[], path: string, pathType: string, usesRegex: boolean): string {
  const names = hosts.filter((host) => host !== '').map((host) => `Host(${quote(host)})`)
  const rules = [
    ...(names.length === 0 ? [] : [names.length === 1 ? names[0]! : `(${names.join(' || ')})`]),
    ...(path === '' ? [] : [pathRule(path, pathType, usesRegex)]),
  ]
  return rules.join(' && ')
}

/** A prefix is one by segments. */
function pathRule(path: string, pathType: string, usesRegex: boolean): string {
  if (pathType === 'Exact') return `Path(${quote(path)})`
  if (usesRegex) return `PathRegexp(${quote(`(?i)^${path}`)})`
  if (path === '/') return 'PathPrefix("/")'
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return `(Path(${quote(bare)}) || PathPrefix(${quote(`${bare}/`)}))`
}

/** What the routers of a path are called. */
export const routerKey = (namespace: string, ingress: string, rule: number, path: number): string =>
  `${namespace}-${ingress}-rule-${rule}-path-${path}`
