import type { Ports } from '../../src/contracts/ports.ts'
import { HealthTable } from '../../src/engine/health/table.ts'
import type { Trace } from '../../src/runtime/explain/trace.ts'
import { link } from '../../src/runtime/linking/linker.ts'
import { loadAllKinds } from '../../src/runtime/load-kinds.ts'
import { Operator } from '../../src/runtime/operator.ts'
import { stateOf } from '../../src/runtime/operator-control.ts'
import { apiOptions } from './api.ts'
import { fetchApi } from './fetch-api.ts'
import { planOf } from './plan.ts'
import { fakePorts } from './ports.ts'

const kinds = await loadAllKinds()
/** A router on the entry point `web`. */
export const router = (rule: string, service: string, more: object = {}) => ({
  rule,
  service,
  entryPoints: ['web'],
  ...more,
})
/** A load balancer. */
export const servers = (...urls: string[]) => ({ loadBalancer: { servers: urls.map((url) => ({ url })) } })

/** An API that explains requests to a configuration; `sent` is what servers would have got. */
export function explaining(http: Readonly<Record<string, unknown>>, more: Partial<Ports> = {}) {
  const sent: string[] = []
  const own = fakePorts((request) => {
    sent.push(request.target)
    throw new Error('nothing is sent')
  })
  const ports: Ports = { ...own, ...more }
  const operator = new Operator(ports.clock)
  const health = new HealthTable()
  const snapshot = link(planOf({ http }, ['web', 'websecure']), {
    kinds,
    ports,
    health,
    operator,
    internal: new Map(),
    observer: null,
  })
  operator.settle(snapshot.servers)
  const api = fetchApi(() => snapshot, {
    ...apiOptions,
    entryPoints: { web: { address: ':80' }, websecure: { address: ':443' } },
    explain: { ports, operator: () => stateOf(operator) },
  })
  const ask = async (query: Record<string, string | readonly string[]>) => {
    const params = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) params.append(name, one)
    const response = await api(new Request(`http://api.example/api/explain?${params}`))
    return { status: response.status, value: (await response.json()) as Trace & { message: string } }
  }
  return {
    sent,
    operator,
    health,
    snapshot,
    ask,
    explain: async (url: string, more: Record<string, string | readonly string[]> = {}) =>
      (await ask({ url, ...more })).value,
  }
}
