import type { Plugins } from '../../contracts/plugin.ts'
import { internalMiddlewareSchemas, middlewareSchemas, pendingMiddlewareSchemas } from '../../middlewares/schemas.ts'
import type { MiddlewarePlan, ServicePlan } from '../../plan/plan.ts'
import { pluginKind } from '../../plan/plugin-kind.ts'
import { type SecretPlan, shownReference } from '../../plan/secrets.ts'
import { PrepareError, type PrepareScope } from '../../schema/element.ts'
import { serviceElements } from '../../services/schemas.ts'
import { cookieName, type StickyOptions } from '../../services/shared/sticky.schema.ts'
import type { HttpMiddleware, HttpService } from '../dynamic/http.ts'
import { providerOf, qualify } from '../dynamic/names.ts'
import { DEAR_HINT, dearExpressions } from './dear-expressions.ts'
import { visible } from './definition.ts'
import { checkOptions } from './plugin-options.ts'
import { didYouMean, type ProblemList } from './problems.ts'
import { lostSecrets, markSecrets, unmarked } from './secret-marks.ts'

export interface ElementPlanning {
  readonly readFile: (path: string) => string
  readonly problems: ProblemList
  /** Those that there are; absent: none. */
  readonly plugins?: Plugins | undefined
  /** The proxy has an identity of its own (SPIFFE). */
  readonly hasIdentity?: boolean
}

/** The provider of the operator's own files. */
const OPERATORS_OWN = 'file'

interface AnyElement {
  readonly prepare: (options: never, scope: PrepareScope) => unknown
}

interface Prepared {
  readonly config: unknown
  readonly errors: string[]
  readonly warnings: string[]
  readonly after?: readonly string[]
  readonly secrets?: readonly SecretPlan[]
}

/** Those that only providers make too: of what files say they are left out already. */
const BUILT = { ...middlewareSchemas, ...internalMiddlewareSchemas }
const MIDDLEWARE_KINDS = Object.keys({ ...middlewareSchemas, ...pendingMiddlewareSchemas })

export function planMiddleware(name: string, options: HttpMiddleware, planning: ElementPlanning): MiddlewarePlan {
  const kinds = Object.keys(options).filter((key) => options[key as keyof HttpMiddleware] !== undefined)
  if (kinds.length > 1) kinds.sort((a, b) => MIDDLEWARE_KINDS.indexOf(a) - MIDDLEWARE_KINDS.indexOf(b))
  const inOrder = Object.fromEntries(kinds.map((key) => [key, options[key as keyof HttpMiddleware]]))
  const common = { provider: providerOf(name), definition: visible(inOrder) }
  const refuse = (reason: string, inside: string[] = [], hint: string | null = null): MiddlewarePlan => {
    planning.problems.add('error', 'middlewares', name, inside, reason, hint)
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
  if (kind === 'plugin') return { ...common, ...planPlugin(name, options.plugin, planning, refuse) }
  if (!Object.hasOwn(BUILT, kind)) return refuse(`middleware ${kind} is not available yet`, [kind])
  const element: AnyElement = BUILT[kind as keyof typeof BUILT]
  const prepared = prepare(element, options[kind as keyof HttpMiddleware], 'middlewares', name, kind, planning)
  return { ...common, kind, ...prepared }
}

/** A middleware of the one plugin that is named. The words of what is wrong with that are Traefik's. */
function planPlugin(
  name: string,
  blocks: HttpMiddleware['plugin'],
  planning: ElementPlanning,
  refuse: (reason: string, inside: string[], hint?: string | null) => MiddlewarePlan,
): Omit<MiddlewarePlan, 'provider' | 'definition'> {
  const { plugins = {} } = planning
  const names = Object.keys(blocks ?? {})
  const [plugin] = names
  if (plugin === undefined || names.length > 1) {
    return refuse('plugin: invalid configuration: no configuration or too many plugin definition', ['plugin'])
  }
  if (!Object.hasOwn(plugins, plugin)) {
    const hint = didYouMean(plugin, Object.keys(plugins)) ?? 'plugins are declared in the install configuration'
    return refuse(`plugin: unknown plugin type: ${plugin}`, ['plugin', plugin], hint)
  }
  const element: AnyElement = {
    prepare(options) {
      const { options: checked, faults } = checkOptions(plugins[plugin]!, options)
      const [first, ...others] = faults
      if (first === undefined) return checked
      for (const { message, path } of others)
        planning.problems.add('error', 'middlewares', name, ['plugin', plugin, ...path], message)
      throw new PrepareError(first.message, [], null, [plugin, ...first.path])
    },
  }
  const prepared = prepare(element, blocks![plugin], 'middlewares', name, 'plugin', planning)
  return { kind: pluginKind(plugin), ...prepared }
}

export function planService(name: string, options: HttpService, planning: ElementPlanning): ServicePlan {
  const provider = providerOf(name)
  const { middlewares = [], observability, ...kindOptions } = options
  const of = observability?.metadata?.kubernetes
  const kinds = Object.keys(kindOptions).filter((key) => kindOptions[key as keyof typeof kindOptions] !== undefined)
  const common = {
    provider,
    definition: serviceDefinition(options),
    middlewares: middlewares.map((middleware) => qualify(middleware, provider)),
    ...(of === undefined
      ? {}
      : { origin: { namespace: of.namespace ?? '', name: of.name ?? '', port: of.port ?? '' } }),
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
  const { loadBalancer, weighted } = options
  const completes = loadBalancer?.serversTransport || loadBalancer?.sticky?.cookie || weighted?.sticky?.cookie
  return {
    ...common,
    ...(completes ? { completed: serviceDefinition(completed(name, options, provider)) } : {}),
    kind,
    ...prepared,
  }
}

/** A service as Traefik's API shows it; one more limit is a pointer, here alone. */
function serviceDefinition(options: HttpService): Record<string, unknown> {
  const definition = visible(options)
  if (options.failover?.errors?.maxRequestBodyBytes !== 0) return definition
  const failover = definition.failover as Record<string, unknown>
  return {
    ...definition,
    failover: { ...failover, errors: { maxRequestBodyBytes: 0, ...(failover.errors as object) } },
  }
}

/** Building a service qualifies its servers transport (other references stay as written) and names its cookie. */
function completed(name: string, options: HttpService, provider: string): HttpService {
  const { loadBalancer, weighted } = options
  return {
    ...options,
    ...(loadBalancer && {
      loadBalancer: {
        ...loadBalancer,
        ...(loadBalancer.serversTransport && {
          serversTransport: qualify(loadBalancer.serversTransport, provider),
        }),
        ...withCookieName(loadBalancer.sticky, name),
      },
    }),
    ...(weighted && { weighted: { ...weighted, ...withCookieName(weighted.sticky, name) } }),
  }
}

const withCookieName = (sticky: StickyOptions | undefined, service: string): { sticky?: StickyOptions } =>
  sticky?.cookie ? { sticky: { cookie: { ...sticky.cookie, name: cookieName(sticky.cookie.name, service) } } } : {}

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
  let secrets: readonly SecretPlan[] = []
  try {
    // Of others' options nobody may have this machine's secrets put in.
    const marked = provider === OPERATORS_OWN ? markSecrets(options) : { options, secrets }
    secrets = marked.secrets
    const config = element.prepare(marked.options as never, {
      name,
      qualify: (reference) => qualify(reference, provider),
      readFile,
      warn(message) {
        warnings.push(message)
        problems.add('warning', section, name, [kind], message)
      },
    })
    for (const { message } of dearExpressions(config))
      problems.add('warning', section, name, [kind], message, DEAR_HINT)
    for (const secret of lostSecrets(config, secrets)) {
      throw new PrepareError(
        `${shownReference(secret)} can't stand there`,
        [],
        'only texts that are used as they are can be secrets',
      )
    }
    return { config, errors: [], warnings, ...(secrets.length === 0 ? {} : { secrets }) }
  } catch (error) {
    // Whatever a kind's preparation throws is about this element alone: it is disabled, the rest goes on.
    const reason = unmarked(error instanceof Error ? error.message : String(error), secrets)
    const { hint, path, after: first } = error instanceof PrepareError ? error : { hint: null, path: [], after: [] }
    problems.add('error', section, name, [kind, ...path], reason, hint)
    const after = first.length > 0 ? { after: first } : {}
    return { config: null, errors: [reason], warnings, ...after }
  }
}
