import type { Observer } from '../contracts/observer.ts'
import type { Clock } from '../contracts/ports.ts'
import type { TelemetryPlan } from '../plan/telemetry.ts'
import type { AccessLogPlatform } from './access-log/access-log.ts'

/** What telemetry needs from outside. */
export interface TelemetryPorts {
  readonly clock: Clock
  /** Takes a line of the access log, with its newline. */
  readonly writeAccessLog: (line: string) => void
  /** From 0 to below 1. */
  readonly random: () => number
  /** What is particular of access lines on this platform; absent: nothing. */
  readonly accessLog?: AccessLogPlatform
}

/** Observers by what plans want of them. Equal wishes keep the observer there is: its counts go on over snapshots. */
export class Observers {
  readonly #ports: TelemetryPorts
  #wish = ''
  #observer: Observer | null = null

  constructor(ports: TelemetryPorts) {
    this.#ports = ports
  }

  /** Null where nothing is wanted, and then nothing is loaded. */
  async of(telemetry: TelemetryPlan | undefined): Promise<Observer | null> {
    const accessLog = telemetry?.accessLog ?? null
    const wish = JSON.stringify(accessLog)
    if (wish === this.#wish) return this.#observer
    const observer = accessLog === null ? null : await this.#accessLog(accessLog)
    this.#wish = wish
    this.#observer = observer
    return observer
  }

  async #accessLog(plan: NonNullable<TelemetryPlan['accessLog']>): Promise<Observer> {
    const { createAccessLog } = await import('./access-log/access-log.ts')
    const log = createAccessLog(plan, this.#ports.writeAccessLog, this.#ports, this.#ports.accessLog)
    return { entryPoint: () => log, router: () => null, service: () => null, attempt: () => null }
  }
}
