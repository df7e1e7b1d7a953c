import type { MiddlewareKind } from '../../../../src/contracts/kinds.ts'
import type { KindPlugin, OptionsSchema } from '../../../../src/contracts/plugin.ts'
import type { Logger } from '../../../../src/contracts/ports.ts'
import { configText } from '../../../../src/engine/wasm/config-text.ts'
import { factsOf } from '../../../../src/engine/wasm/guest.ts'
import { guestMiddleware } from '../../../../src/engine/wasm/guest-middleware.ts'
import { withMemoryLimit } from '../../../../src/engine/wasm/memory-limit.ts'
import { MOST_KEPT } from '../../../../src/http/replay.ts'
import { UsagePool } from '../../../../src/runtime/usage-pool.ts'
import type { FoundWasm } from './find-wasm.ts'
import { GuestThreads } from './guest-threads.ts'

/** Memory of one guest. Bytes. */
const MOST_MEMORY = 256 * 1024 * 1024

/**
 * A plugin that is a WebAssembly module by the http-wasm handler ABI. Each middleware of it has threads of its own,
 * which all its routers share and which last from one configuration to the next while its options are the same.
 * @throws what is wrong with the module
 */
export async function loadWasmPlugin(name: string, { code, envs, mounts, timeoutMs }: FoundWasm): Promise<KindPlugin> {
  const module = await WebAssembly.compile(withMemoryLimit(code, MOST_MEMORY)).catch((error: unknown) => {
    throw new Error(`compiling guest module: ${error instanceof Error ? error.message : String(error)}`)
  })
  const environment = Object.fromEntries(envs.map((name) => [name, process.env[name] ?? '']))
  const { readsContent } = factsOf(module)
  const pools = new UsagePool<Share>()
  const all = new Set<GuestThreads>()

  const use = (middleware: string, config: string, log: Logger) =>
    pools.use(JSON.stringify([middleware, config]), () => {
      const threads = new GuestThreads({
        ...{ module, config, environment, mounts, timeoutMs, readsContent },
        log: (level, message) => log.log(level, message, { middlewareName: middleware, middlewareType: 'wasm' }),
      })
      all.add(threads)
      return { threads, close: () => void threads.close().then(() => all.delete(threads)) }
    })

  const kind: MiddlewareKind<unknown> = {
    build(written, scope) {
      const { kept, log } = scope.ports
      const usage = use(scope.name, configText(written), log)
      scope.open('closable', usage)
      const { threads } = usage.value
      if (threads.fault !== null) throw new Error(`creating middleware: ${threads.fault}`)
      return guestMiddleware({ runner: threads, name: scope.name, log, mostContent: MOST_KEPT, kept })
    },
  }
  return {
    name,
    options: ANYTHING,
    kind,
    async prepare(middleware, written, log) {
      const usage = use(middleware, configText(written), log)
      await usage.value.threads.started()
      return () => usage.close()
    },
    async close() {
      await Promise.all([...all].map((threads) => threads.close()))
    },
  }
}

interface Share {
  readonly threads: GuestThreads
  close(): void
}

/** What options mean only the guest knows. */
const ANYTHING: OptionsSchema = {
  '~standard': { version: 1, vendor: 'signalbox', validate: (value) => ({ value }) },
}
