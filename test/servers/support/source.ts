import { ProviderHub } from '../../../adapters/node/providers/hub.ts'
import type { ProviderReport } from '../../../adapters/node/providers/report.ts'
import { ReadingThread } from '../../../adapters/node/reading/reading-thread.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { until } from '../../support/until.ts'

/** A provider as it runs in a proxy, without the proxy. */
export interface Source {
  /** What was said, each time it was another one. */
  readonly messages: DynamicConfig[]
  /** Everything that was logged, with its fields. */
  readonly logged: string[]
  readonly report: ProviderReport
  readonly problems: readonly ConfigProblem[]
  /** Waits for a configuration that the test knows by something in it. */
  until(holds: (config: DynamicConfig) => boolean, limitMs?: number): Promise<DynamicConfig>
  untilStatus(status: ProviderReport['status'], limitMs?: number): Promise<ProviderReport>
  stop(): Promise<void>
}

/** Runs the one provider that these flags ask for. @param clock what its supervisor waits by */
export async function startSource(flags: readonly string[], clock = runtimeClock): Promise<Source> {
  const { install, problems } = loadInstall({ args: [...flags], env: {}, exists: () => false, readFile: () => '' })
  if (install === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  const thread = new ReadingThread()
  const messages: DynamicConfig[] = []
  const logged: string[] = []
  const hub = new ProviderHub({
    install,
    log: { log: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`) },
    clock,
    random: Math.random,
    readElsewhere: (...of) => thread.read(...of),
    rest: null,
    readPairsElsewhere: (pairs, rootKey) => thread.readPairs(pairs, rootKey),
    apply: async ({ provider, derive }) => {
      if (provider === 'internal') return
      const { configuration } = await derive()
      if (JSON.stringify(configuration) !== JSON.stringify(messages.at(-1))) messages.push(configuration)
    },
  })
  await hub.start()
  const report = () => hub.reports[0]!
  return {
    messages,
    logged,
    get report() {
      return report()
    },
    get problems() {
      return report().derived?.problems ?? []
    },
    until: async (holds, limitMs) =>
      (await until(
        () => messages.at(-1),
        (last) => last !== undefined && holds(last),
        limitMs,
      ))!,
    untilStatus: (wanted, limitMs) => until(report, ({ status }) => status === wanted, limitMs),
    async stop() {
      await hub.stop()
      await thread.close()
    },
  }
}
