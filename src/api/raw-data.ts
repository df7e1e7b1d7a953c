import type { ServicePlan } from '../plan/plan.ts'
import type { ElementReport, RuntimeReport } from '../runtime/report.ts'
import { toJson } from './json.ts'
import { Shown } from './shown.ts'
import {
  rawStreamService,
  rawTcpMiddleware,
  rawTcpRouter,
  rawUdpRouter,
  type StreamServiceReport,
  streamStates,
} from './stream-views.ts'
import { byName, rawMiddleware, rawRouter, rawService, serviceStates } from './views.ts'

/** `/api/rawdata`: every element by qualified name; empty sections are left out (Traefik `pkg/api/handler.go`). */
export class RawData {
  readonly #routers = new Shown(rawRouter)
  readonly #middlewares = new Shown(rawMiddleware)
  readonly #services: Shown<ElementReport<ServicePlan>>
  readonly #tcpRouters = new Shown(rawTcpRouter)
  readonly #tcpMiddlewares = new Shown(rawTcpMiddleware)
  readonly #udpRouters = new Shown(rawUdpRouter)
  readonly #streamServices: Shown<StreamServiceReport>

  /** @param hasStates whether the states of servers are shown */
  constructor(hasStates = true) {
    this.#services = new Shown(rawService, hasStates ? serviceStates : undefined)
    this.#streamServices = new Shown(rawStreamService, hasStates ? streamStates : undefined)
  }

  /** The text in pieces of an element each. */
  pieces({ routers, middlewares, services, tcp, udp }: RuntimeReport): Generator<string> {
    return joined([
      sectionOf('routers', routers, this.#routers),
      sectionOf('middlewares', middlewares, this.#middlewares),
      sectionOf('services', services, this.#services),
      sectionOf('tcpRouters', tcp.routers, this.#tcpRouters),
      sectionOf('tcpMiddlewares', tcp.middlewares, this.#tcpMiddlewares),
      sectionOf('tcpServices', tcp.services, this.#streamServices),
      sectionOf('udpRouters', udp.routers, this.#udpRouters),
      sectionOf('udpServices', udp.services, this.#streamServices),
    ])
  }
}

interface Section {
  readonly title: string
  /** In the order in which they are shown. */
  readonly names: readonly string[]
  readonly textOf: (name: string) => string
}

const sectionOf = <R extends object>(title: string, reports: ReadonlyMap<string, R>, shown: Shown<R>): Section => ({
  title,
  names: [...reports.keys()].sort(byName),
  textOf: (name) => shown.text(reports.get(name)!),
})

function* joined(sections: readonly Section[]): Generator<string> {
  let before = '{'
  for (const { title, names, textOf } of sections) {
    if (names.length === 0) continue
    before += `"${title}":{`
    for (const name of names) {
      yield `${before}${toJson(name)}:${textOf(name)}`
      before = ','
    }
    before = '},'
  }
  yield before === '{' ? '{}' : '}}'
}
