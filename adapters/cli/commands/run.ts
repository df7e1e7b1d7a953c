import { checkInstallAvailability } from '../../../src/compiler/install/availability.ts'
import { logOptions } from '../../../src/compiler/install/log-options.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { logProblems } from '../../../src/telemetry/log/problems.ts'
import { NodeProxy } from '../../node/node-proxy.ts'
import { loadPlugins } from '../../node/plugins/load-plugins.ts'
import { builtProviders } from '../../node/providers/registry.ts'
import { SmallHeap } from '../../node/small-heap.ts'
import { createLogger, type NodeLogger } from '../../node/telemetry/logger.ts'
import { runtimeClock } from '../../web/clock.ts'
import { defineInstallCommand } from '../command.ts'
import { formatProblem } from '../diagnostics.ts'
import { loadInstallHere, sourceOf } from '../install.ts'
import { handleSignals, stopSignal } from '../signals.ts'

export const command = defineInstallCommand({
  name: 'run',
  about: 'the proxy (default); options from a file, flags or TRAEFIK_* variables, the first that is there',
  example: 'run --entryPoints.web.address=:8000 --providers.file.filename=routing.yml',
  details: 'Runs the proxy until a signal stops it. `run` may be left out.',
  run,
})

async function run(args: readonly string[]): Promise<number> {
  const heap = new SmallHeap()
  const { install, problems, place } = loadInstallHere(args)
  if (install === null) return refuse(problems)
  const availability = place(checkInstallAvailability(install, builtProviders))
  const { plugins, providers, problems: ofPlugins } = await loadPlugins(install)
  const missing = [...availability, ...place(ofPlugins)]
  const found = [...problems, ...missing]
  if (missing.some(({ severity }) => severity === 'error')) return refuse(found)

  // Files are read on a thread; other sources may bring tens of thousands of elements.
  const isSmall = Object.keys(install.providers ?? {}).some((name) => !OF_FILES.has(name))
  if (isSmall) heap.keep()
  else heap.giveUp()
  const log = createLogger(logOptions(install), runtimeClock)
  surviveFaults(log)
  logProblems(log, found)
  const proxy = new NodeProxy({ install, log, problems: found })
  handleSignals(log, {
    reload: () => proxy.reload(),
    reopenLogs() {
      proxy.reopenLogs()
      log.reopen()
      log.log('info', 'Log files are opened anew')
    },
  })
  try {
    await proxy.start(plugins, providers)
  } catch (error) {
    log.log('error', error instanceof Error ? error.message : String(error))
    await proxy.stop()
    await log.close()
    return 1
  }
  log.log('info', 'Signalbox is up')
  if (isSmall) heap.settle()
  await stopSignal()
  log.log('info', 'Shutting down')
  await proxy.stop()
  await log.close()
  return 0
}

/** Keys of `providers` that say of no other source than files. */
const OF_FILES: ReadonlySet<string> = new Set(['file', 'precedence', 'providersThrottleDuration'])

function refuse(problems: readonly ConfigProblem[]): number {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem, sourceOf)}\n`)
  return 1
}

/**
 * The last resort: an exception that escapes a callback is a bug, but not the end of everybody's connections; nor
 * is a closed standard output or error.
 */
function surviveFaults(log: NodeLogger): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const report = (reason: unknown): void => {
    const stack = reason instanceof Error ? reason.stack : undefined
    log.log('error', 'Unexpected error, the process goes on', { cause: String(reason), stack })
  }
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}
