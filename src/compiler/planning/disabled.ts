import type { ElementPlan, MiddlewarePlan, RouterPlan, ServicePlan } from '../../plan/plan.ts'
import type { TcpMiddlewarePlan, TcpPlan, TcpRouterPlan, TcpServicePlan } from '../../plan/tcp.ts'
import type { UdpPlan, UdpRouterPlan, UdpServicePlan } from '../../plan/udp.ts'
import type { DisabledElement } from '../dynamic/dynamic.ts'
import { providerOf } from '../dynamic/names.ts'
import { visible } from './definition.ts'

/** Plans of elements that a provider took out: they are shown with the reason, and nothing is built of them. */
export interface DisabledPlans {
  readonly http: {
    readonly routers: Readonly<Record<string, RouterPlan>>
    readonly services: Readonly<Record<string, ServicePlan>>
    readonly middlewares: Readonly<Record<string, MiddlewarePlan>>
  }
  readonly tcp: Pick<TcpPlan, 'routers' | 'services' | 'middlewares'>
  readonly udp: Pick<UdpPlan, 'routers' | 'services'>
}

/** @param elements with qualified names */
export function planDisabled(elements: readonly DisabledElement[]): DisabledPlans {
  const of = <P>(
    section: DisabledElement['section'],
    kind: DisabledElement['kind'],
    plan: (common: ElementPlan) => P,
  ) =>
    Object.fromEntries(
      elements
        .filter((element) => element.section === section && element.kind === kind)
        .map((element) => [element.name, plan(commonOf(element))]),
    )
  return {
    http: {
      routers: of('http', 'routers', closedRouter),
      services: of('http', 'services', (common): ServicePlan => ({ ...common, ...NO_KIND, middlewares: [] })),
      middlewares: of('http', 'middlewares', (common): MiddlewarePlan => ({ ...common, ...NO_KIND })),
    },
    tcp: {
      routers: of('tcp', 'routers', closedTcpRouter),
      services: of('tcp', 'services', (common): TcpServicePlan => ({ ...common, config: null })),
      middlewares: of('tcp', 'middlewares', (common): TcpMiddlewarePlan => ({ ...common, config: null })),
    },
    udp: {
      routers: of('udp', 'routers', (common): UdpRouterPlan => ({ ...common, entryPoints: [], service: '' })),
      services: of('udp', 'services', (common): UdpServicePlan => ({ ...common, config: null })),
    },
  }
}

const NO_KIND = { kind: null, config: null }

const commonOf = ({ name, reason, definition }: DisabledElement): ElementPlan => ({
  provider: providerOf(name),
  definition: visible(definition),
  errors: [reason],
  warnings: [],
  removed: true,
})

const closedRouter = (common: ElementPlan): RouterPlan => ({
  ...common,
  entryPoints: [],
  rule: null,
  ruleError: null,
  priority: '0',
  service: null,
  middlewares: [],
  isChild: false,
  closed: true,
  parents: [],
  tls: false,
  tlsOptions: null,
  deniedEscapes: null,
  observability: { accessLogs: true, metrics: true, tracing: true },
})

const closedTcpRouter = (common: ElementPlan): TcpRouterPlan => ({
  ...common,
  entryPoints: [],
  rule: null,
  ruleError: null,
  isCatchAll: false,
  priority: '0',
  service: '',
  middlewares: [],
  tls: null,
})
