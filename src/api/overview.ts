import { Fields } from '../http/fields.ts'
import { ProxyResponse } from '../http/response.ts'
import type { ElementPlan } from '../plan/plan.ts'
import type { ElementReport, RuntimeReport } from '../runtime/report.ts'
import type { ApiOptions } from './api.ts'
import { countCertificates } from './certificates.ts'
import { toJson } from './json.ts'
import type { View } from './views.ts'

/** What this runtime shows beside what Traefik's API does, where that depends on the runtime; the dashboard asks for it. */
const offersOf = ({ events, explain, history, providerStates, traffic }: ApiOptions): readonly string[] =>
  Object.entries({ events, explain, history, 'provider-states': providerStates, traffic })
    .filter(([, offered]) => offered !== null)
    .map(([name]) => name)

/** `/api/version`: two keys start with a capital letter, and no newline follows (Traefik `pkg/version`). */
export function versionAnswer(options: ApiOptions): ProxyResponse {
  const { version, codename, startDate } = options
  const body = {
    Version: version,
    Codename: codename,
    startDate: startDate.toISOString(),
    disableDashboardAd: options.disableDashboardAd || undefined,
    dashboardName: options.dashboardName || undefined,
    control: options.control === null ? undefined : true,
    offers: offersOf(options),
  }
  return new ProxyResponse(200, new Fields(['Content-Type', 'application/json; charset=UTF-8']), toJson(body))
}

/** `/api/overview`: how many elements there are, and what is switched on (Traefik `pkg/api/handler_overview.go`). */
export function overview(report: RuntimeReport, { features, providers, certificates, date }: ApiOptions): View {
  const { tcp, udp } = report
  return {
    http: {
      routers: count(report.routers),
      services: count(report.services),
      middlewares: count(report.middlewares),
    },
    tcp: { routers: count(tcp.routers), services: count(tcp.services), middlewares: count(tcp.middlewares) },
    udp: { routers: count(udp.routers), services: count(udp.services) },
    certificates: countCertificates(certificates, date()),
    features,
    providers: providers.length > 0 ? providers : undefined,
  }
}

function count(reports: ReadonlyMap<string, ElementReport<ElementPlan>>): View {
  let warnings = 0
  let errors = 0
  for (const { status } of reports.values()) {
    if (status === 'warning') warnings++
    if (status === 'disabled') errors++
  }
  return { total: reports.size, warnings, errors }
}
