import type { HttpMiddleware, HttpService } from '../config/dynamic/http.ts'
import { providerOf, qualify } from '../config/names.ts'
import { middlewareSchemas } from '../middlewares/schemas.ts'
import type { MiddlewarePlan, ServicePlan } from '../plan/plan.ts'
import type { PrepareScope } from '../schema/element.ts'
import { serviceElements } from '../services/schemas.ts'
import { defaultCookieName, type StickyOptions } from '../services/sticky.schema.ts'
import { visible } from './definition.ts'
import type { ProblemList } from './problems.ts'

export interface ElementPlanning {
  readonly readFile: (path: string) => string
  readonly problems: ProblemList
}

interface AnyElement {
  readonly prepare: (options: never, scope: PrepareScope) => unknown
}

interface Prepared {
  readonly config: unknown
  readonly errors: string[]
  readonly warnings: string[]
}

export function planMiddleware(name: string, options: HttpMiddleware, planning: ElementPlanning): MiddlewarePlan {
  const kinds = Object.keys(options).filter((key) => options[key as keyof HttpMiddleware] !== undefined)
  const common = { provider: providerOf(name), definition: visible(options) }
  const refuse = (reason: string, inside: string[] = []): MiddlewarePlan => {
    planning.problems.add('error', 'middlewares', name, inside, reason)
    return { ...common, kind: null, config: null, errors: [reason], warnings: [] }
  }
  if (kinds.length > 1) {
    return refuse(
      'cannot create middleware: multi-types middleware not supported, consider declaring two different pieces of middleware instead',
    )
  }
  const [kind] = kinds
  if (kind === undefined) {
    return refuse(`invalid middleware "${name}" configuration: invalid middleware type or middleware does not exist`)
  }
  if (!Object.hasOwn(middlewareSchemas, kind)) return refuse(`middleware ${kind} is not available yet`, [kind])
  const element: AnyElement = middlewareSchemas[kind as keyof typeof middlewareSchemas]
  const prepared = prepare(element, options[kind as keyof HttpMiddleware], 'middlewares', name, kind, planning)
  return { ...common, kind, ...prepared }
}

export function planService(name: string, options: HttpService, planning: ElementPlanning): ServicePlan {
  const provider = providerOf(name)
  const { middlewares = [], ...kindOptions } = options
  const kinds = Object.keys(kindOptions).filter((key) => kindOptions[key as keyof typeof kindOptions] !== undefined)
  const common = {
    provider,
    definition: serviceDefinition(name, options, provider),
    middlewares: middlewares.map((middleware) => qualify(middleware, provider)),
  }
  if (provider === 'internal') return { ...common, kind: null, config: null, errors: [], warnings: [] }
  const refuse = (reason: string, inside: string[] = []): ServicePlan => {
    planning.problems.add('error', 'services', name, inside, reason)
    return { ...common, kind: null, config: null, errors: [reason], warnings: [] }
  }
  if (kinds.length > 1) {
    return refuse(
      'cannot create service: multi-types service not supported, consider declaring two different pieces of service instead',
    )
  }
  const [kind] = kinds
  if (kind === undefined) return refuse(`the service "${name}" does not have any type defined`)
  if (!Object.hasOwn(serviceElements, kind)) return refuse(`service type ${kind} is not available yet`, [kind])
  const element: AnyElement = serviceElements[kind as keyof typeof serviceElements]
  const prepared = prepare(element, kindOptions[kind as keyof typeof kindOptions], 'services', name, kind, planning)
  return { ...common, kind, ...prepared }
}

/** Traefik's API shows the servers transport qualified, other references as written, and the name of every cookie. */
function serviceDefinition(name: string, options: HttpService, provider: string): Record<string, unknown> {
  const { loadBalancer, weighted } = options
  return visible({
    ...options,
    loadBalancer: loadBalancer && {
      ...loadBalancer,
      serversTransport: loadBalancer.serversTransport && qualify(loadBalancer.serversTransport, provider),
      sticky: withCookieName(loadBalancer.sticky, name),
    },
    weighted: weighted && { ...weighted, sticky: withCookieName(weighted.sticky, name) },
  })
}

const withCookieName = (sticky: StickyOptions | undefined, service: string): StickyOptions | undefined =>
  sticky?.cookie ? { cookie: { ...sticky.cookie, name: sticky.cookie.name || defaultCookieName(service) } } : sticky

function prepare(
  element: AnyElement,
  options: unknown,
  section: 'middlewares' | 'services',
  name: string,
  kind: string,
  { readFile, problems }: ElementPlanning,
): Prepared {
  const warnings: string[] = []
  const provider = providerOf(name)
  try {
    const config = element.prepare(options as never, {
      name,
      qualify: (reference) => qualify(reference, provider),
      readFile,
      warn(message) {
        warnings.push(message)
        problems.add('warning', section, name, [kind], message)
      },
    })
    return { config, errors: [], warnings }
  } catch (error) {
    // Whatever a kind's preparation throws is about this element alone: it is disabled, the rest goes on.
    const reason = error instanceof Error ? error.message : String(error)
    problems.add('error', section, name, [kind], reason)
    return { config: null, errors: [reason], warnings }
  }
}
