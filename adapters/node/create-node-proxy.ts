import { type Decoded, decode } from '../../src/compiler/decode/decode.ts'
import { type DynamicConfig, dynamicSchema } from '../../src/compiler/dynamic/dynamic.ts'
import { checkInstallAvailability } from '../../src/compiler/install/availability.ts'
import { parseInstall } from '../../src/compiler/install/load.ts'
import { logOptions } from '../../src/compiler/install/log-options.ts'
import type { ProgramMiddlewares } from '../../src/contracts/kinds.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { logProblems, placeOf } from '../../src/telemetry/log/problems.ts'
import { runtimeClock } from '../web/clock.ts'
import { NodeProxy } from './node-proxy.ts'
import { loadPlugins } from './plugins/load-plugins.ts'
import { ProgramProvider } from './providers/program.ts'
import { builtProviders } from './providers/registry.ts'
import { createLogger } from './telemetry/logger.ts'

export interface CreateNodeProxyOptions {
  /** The install configuration as Traefik's file has it: `{ entryPoints: { web: { address: ':8080' } } }`. */
  readonly install: unknown
  /** Routing configuration as Traefik's files have it, beside what providers bring; its elements are `NAME@program`. */
  readonly routing?: unknown
  /** Middlewares of one's own, which routers call `NAME@program`. */
  readonly middlewares?: ProgramMiddlewares
  /** Where messages go; by default where `log` of the install configuration says. */
  readonly log?: Logger
}

/** A proxy in this process. */
export interface RunningProxy {
  /**
   * Resolves once every entry point listens and the first configuration is in force; rejects when a port can't be had.
   */
  start(): Promise<void>
  /**
   * Has the providers look at their sources anew; with an argument, puts that in the place of `routing`. What is in
   * force goes on until the new configuration is. Throws `TypeError` when it can't be read, and keeps the old one.
   */
  reload(routing?: unknown): void
  /** Lets the exchanges under way end (`transport.lifeCycle` of the entry points), then resolves. */
  stop(): Promise<void>
}

/** A proxy to be started. Throws `TypeError` when a configuration can't be read, with every reason. */
export function createNodeProxy(options: CreateNodeProxyOptions): RunningProxy {
  const { install, problems } = parseInstall(options.install)
  const found = [...problems, ...(install === null ? [] : checkInstallAvailability(install, builtProviders))]
  refuse(found)
  if (install === null) throw new TypeError('the install configuration can’t be read')
  const own = options.log === undefined ? createLogger(logOptions(install), runtimeClock) : null
  const log = options.log ?? own!
  logProblems(log, found)
  const program = new ProgramProvider(readRouting(options.routing ?? {}))
  const { middlewares = {} } = options
  const proxy = new NodeProxy({ install, log, problems: found, providers: [program], middlewares })
  return {
    async start() {
      const { plugins, providers, problems } = await loadPlugins(install)
      refuse(problems)
      logProblems(log, problems)
      await proxy.start(plugins, providers)
    },
    reload(routing) {
      if (routing === undefined) proxy.reload()
      else program.replace(readRouting(routing))
    },
    async stop() {
      await proxy.stop()
      await own?.close()
    },
  }
}

function readRouting(routing: unknown): DynamicConfig {
  const { value, problems }: Decoded<DynamicConfig> = decode(dynamicSchema, routing, 'file')
  refuse(problems)
  if (value === null) throw new TypeError('the routing configuration can’t be read')
  return value
}

function refuse(problems: readonly ConfigProblem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const lines = errors.map((problem) => [placeOf(problem), problem.message].filter((part) => part !== '').join(': '))
  throw new TypeError(lines.join('\n'))
}
