import type { RequestContext } from '../http/request-context.ts'
import type { HealthCheckPlan } from '../plan/services.ts'

/** One server of one service, checked at its own pace. */
export interface HealthCheck {
  /** Service, server and the check's options: two checks of one address don't disturb each other. */
  readonly key: string
  readonly service: string
  readonly serverUrl: string
  readonly options: Pick<HealthCheckPlan, 'intervalMs' | 'unhealthyIntervalMs' | 'timeoutMs' | 'fails' | 'passes'>
  /** Null when the server is well, else why it is not. Never rejects; ends early when the context is aborted. */
  run(cx: RequestContext): Promise<string | null>
}

/** The state of health as services see it. */
export interface HealthView {
  /** Grows with every change: an answer derived from `isUp` may be kept while it stands still. */
  readonly epoch: number
  isUp(key: string): boolean
  /** When the server last went down or came back, on the clock's scale; null: it has not, or nobody noted when. */
  changedAt(key: string): number | null
  /** How many checks this server has passed here; it stands still where somebody else checks. */
  passes(key: string): number
}

/** The state of health of what is in force. */
export interface HealthKeeper extends HealthView {
  /** Forgets every key that no check uses any more. */
  retain(keys: ReadonlySet<string>): void
}

/** Where nobody checks anything: all servers are up. */
export const ALL_UP: HealthKeeper = { epoch: 0, isUp: () => true, changedAt: () => null, passes: () => 0, retain() {} }
