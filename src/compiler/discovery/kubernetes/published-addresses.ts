import type { Finding } from './findings.ts'
import type { LoadBalancerStatus } from './objects.ts'
import { Unusable } from './servers.ts'

/** Where an Ingress says that it can be reached. */
export type Addresses = NonNullable<LoadBalancerStatus['ingress']>

/** What the status of every Ingress that is served should be, null: nobody says; and what is wrong with the question. */
export interface WantedStatus {
  readonly status: Readonly<Record<string, unknown>> | null
  readonly findings: readonly Finding[]
}

/**
 * The status with what a provider's options ask for.
 * @param find null: they ask for nothing; throws `Unusable`  @param item what problems are of
 */
export function statusWith(find: () => Addresses | null, item: string): WantedStatus {
  try {
    const ingress = find()
    // The API server leaves an empty list out.
    const loadBalancer = ingress === null || ingress.length === 0 ? {} : { ingress }
    return { status: ingress === null ? null : { loadBalancer }, findings: [] }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { message, field, hint } = error
    return { status: null, findings: [{ severity: 'error', message, item, field, hint }] }
  }
}

/** An address of a load balancer as another object shows it. */
export const shownAddress = ({ ip, hostname, ports }: Addresses[number]): Addresses[number] => ({
  ...(ip === undefined ? {} : { ip }),
  ...(hostname === undefined ? {} : { hostname }),
  ...(ports === undefined ? {} : { ports }),
})
