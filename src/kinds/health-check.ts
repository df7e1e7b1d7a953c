import type { HealthCheckPlan } from '../plan/services.ts'
import type { Transport } from '../ports/ports.ts'

/** One server of one service, checked at its own pace. */
export interface HealthCheck {
  /** Service, server and the check's options: two checks of one address don't disturb each other. */
  readonly key: string
  readonly service: string
  readonly serverUrl: string
  readonly options: HealthCheckPlan
  /** Where the check is sent: the server's URL with the check's scheme and port. */
  readonly origin: { readonly scheme: 'http' | 'https'; readonly authority: string }
  readonly transport: Transport
}

/** The state of health as services see it. */
export interface HealthView {
  /** Grows with every change: an answer derived from `isUp` may be kept while it stands still. */
  readonly epoch: number
  isUp(key: string): boolean
}
