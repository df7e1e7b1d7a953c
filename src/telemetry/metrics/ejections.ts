import type { ServicePlan } from '../../plan/plan.ts'
import type { LoadBalancerPlan } from '../../plan/services.ts'

interface Ejection {
  readonly service: string
  readonly serverUrl: string
  readonly isUp: () => boolean
}

/** Servers that have been taken out for their answers to ordinary requests, as long as the configuration has them. */
export class Ejections {
  readonly #ejections = new Map<string, Ejection>()

  /** @param isUp whether it is back */
  add(service: string, serverUrl: string, isUp: () => boolean): void {
    this.#ejections.set(keyOf(service, serverUrl), { service, serverUrl, isUp })
  }

  /** False while it is out. */
  isUp(service: string, serverUrl: string): boolean {
    return this.#ejections.get(keyOf(service, serverUrl))?.isUp() ?? true
  }

  /** Those that have ever been out, back or not. */
  all(): Iterable<Ejection> {
    return this.#ejections.values()
  }

  /** Another configuration is in force. */
  settle(services: Readonly<Record<string, ServicePlan>>): void {
    for (const [key, { service, serverUrl }] of this.#ejections) {
      const plan = Object.hasOwn(services, service) ? services[service] : undefined
      const servers = plan?.kind === 'loadBalancer' ? (plan.config as LoadBalancerPlan | null)?.servers : undefined
      if (servers?.some(({ url }) => url === serverUrl) !== true) this.#ejections.delete(key)
    }
  }
}

const keyOf = (service: string, serverUrl: string): string => `${service} ${serverUrl}`
