import { setImmediate as nextTurn } from 'node:timers/promises'
import { createApi } from '../../../src/api/api.ts'
import { Dashboard } from '../../../src/api/dashboard.ts'
import { EventStream } from '../../../src/api/events.ts'
import { internalServices } from '../../../src/api/internal-services.ts'
import { createPing } from '../../../src/api/ping.ts'
import { createReady } from '../../../src/api/ready.ts'
import { apiOptions } from '../../../src/compiler/install/api-options.ts'
import type { InstallConfig } from '../../../src/compiler/install/install.ts'
import type { HealthCheck } from '../../../src/contracts/health-check.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import { compileRegexp } from '../../../src/engine/matching/regexp/regexp.ts'
import type { Handler } from '../../../src/http/handler.ts'
import { inTurns } from '../../../src/http/in-turns.ts'
import { maskUrl } from '../../../src/http/masked-url.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { History } from '../../../src/runtime/history.ts'
import type { Host } from '../../../src/runtime/host.ts'
import { linkProblems } from '../../../src/runtime/link-problems.ts'
import { stateOf } from '../../../src/runtime/operator-control.ts'
import { type ProblemCounts, ProblemsInForce } from '../../../src/runtime/problems-in-force.ts'
import type { Traffic } from '../../../src/telemetry/traffic.ts'
import { CODENAME, VERSION } from '../../../src/version.ts'
import type { ProviderReport } from '../providers/report.ts'
import { providerView } from '../providers/report.ts'
import type { ReadingThread } from '../reading/reading-thread.ts'
import type { LoadedCertificate } from '../tls/certificate-store.ts'
import { InForceCertificates } from './certificates.ts'
import { dashboardFiles } from './dashboard-files.ts'
import { Debug } from './debug/debug.ts'
import { operatorControl } from './operator-control.ts'
import { PlacedProblems } from './placed-problems.ts'

export interface ManagementOptions {
  readonly install: InstallConfig
  /** What is wrong with the install configuration. */
  readonly problems: readonly ConfigProblem[]
  readonly host: Host
  readonly log: Logger
  readonly clock: Clock
  readonly reading: ReadingThread
  /** Null: no dashboard shows it. */
  readonly traffic: Traffic | null
  readonly providers: () => readonly ProviderReport[]
  /** Of servers, those in force. */
  readonly certificates: () => readonly LoadedCertificate[]
  /** Names of providers whose first word is waited for. */
  readonly missing: () => readonly string[]
}

/** What a proxy in this process says of itself: the services `api@internal`, `ping@internal` …, and what they show. */
export class Management {
  readonly services: ReadonlyMap<string, Handler>
  readonly #options: ManagementOptions
  readonly #events: EventStream
  readonly #problems: ProblemsInForce
  readonly #placed: PlacedProblems
  readonly #history: History
  readonly #debug: Debug
  #terminating = false

  constructor(options: ManagementOptions) {
    const { install, host, log, clock, reading } = options
    this.#options = options
    this.#events = new EventStream(clock)
    const date = () => clock.date()
    this.#problems = new ProblemsInForce(date, (counts) => {
      this.#placed.forget()
      this.#events.emit('problems', () => ({ ...counts() }))
    })
    this.#placed = new PlacedProblems(this.#problems, reading, install, log)
    this.#problems.replace('install', options.problems)
    this.#history = new History(date, host.switch.current.plan)
    this.#debug = new Debug(clock, log)
    this.services = this.#createServices()
  }

  /** A provider has said what is wrong with what it found. */
  noteProvider(provider: string, problems: readonly ConfigProblem[]): void {
    if (!this.#tellsProblems()) return
    this.#problems.replace(`provider ${provider}`, problems)
    // Also where the problems are the same, lines may have moved.
    this.#placed.forget()
  }

  problemCounts(): ProblemCounts {
    return this.#problems.counts()
  }

  /** A server has gone down or come back. */
  noteHealth({ service, serverUrl: url }: HealthCheck, isUp: boolean): void {
    this.#events.emit('server', () => ({ service, url: maskUrl(url), state: isUp ? 'UP' : 'DOWN' }))
  }

  /** A plan has come into force; what it changes is found out while others have their turns. */
  async inForce(plan: Plan): Promise<void> {
    const { host, clock, install } = this.#options
    if (!this.#tellsProblems()) return
    const { report } = host.switch.current
    this.#problems.replace('plan', [...plan.problems, ...linkProblems(report, plan.problems)])
    if (install.api === undefined) return
    const revision = await inTurns(this.#history.note(plan), () => clock.now(), nextTurn)
    if (revision === null) return
    const { at, added, changed, removed } = revision
    this.#events.emit('configuration', () => ({
      revision: revision.revision,
      at: at.toISOString(),
      added,
      changed,
      removed,
    }))
  }

  /** The process is about to end: nobody is held up by who listens. */
  terminate(): void {
    this.#terminating = true
    this.#events.close()
    this.#debug.close()
  }

  /** Whether there is anybody to whom problems are told. */
  #tellsProblems(): boolean {
    const { api, metrics } = this.#options.install
    return api !== undefined || metrics !== undefined
  }

  #createServices(): ReadonlyMap<string, Handler> {
    const { install, host, log, providers, missing, traffic, certificates, clock } = this.#options
    const { api, ping, ready } = install
    const isTerminating = () => this.#terminating
    const dashboard = api?.dashboard === true ? new Dashboard(dashboardFiles()) : null
    const options = apiOptions(install, {
      dashboard,
      startDate: clock.date(),
      date: () => clock.date(),
      version: VERSION,
      codename: CODENAME,
      control: operatorControl(host.operator, log, this.#events),
      providerStates: () => providers().map((report) => ({ ...providerView(report) })),
      certificates: new InForceCertificates(certificates),
      // What is compiled to explain something takes nothing of the memory of those that stay.
      explain: { ports: { ...host.ports, compileRegexp }, operator: () => stateOf(host.operator) },
      problems: () => this.#placed.all(),
      history: this.#history,
      events: this.#events,
      debug: (path, query) => this.#debug.answer(path, query),
      traffic: traffic === null ? null : () => traffic.view(),
      turn: nextTurn,
    })
    return internalServices({
      api: api === undefined ? null : createApi(() => host.switch.current, options),
      dashboard,
      ping: ping === undefined ? null : createPing(isTerminating, ping.terminatingStatusCode),
      ready: ready === undefined ? null : createReady(missing, isTerminating, ready.terminatingStatusCode),
    })
  }
}
