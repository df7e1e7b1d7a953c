import type { MiddlewareKind } from '../../src/contracts/kinds.ts'
import type { KindPlugin } from '../../src/contracts/plugin.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import { configText } from '../../src/engine/wasm/config-text.ts'
import { TRAILERS } from '../../src/engine/wasm/guest-exchange.ts'
import { guestMiddleware } from '../../src/engine/wasm/guest-middleware.ts'
import { GuestPool } from '../../src/engine/wasm/guest-pool.ts'
import { UsagePool } from '../../src/runtime/usage-pool.ts'

/** Bytes of one message that are kept for a guest. */
const MOST_CONTENT = 16e6

/**
 * A plugin in WebAssembly that was deployed with the worker: `signalbox edge build` writes the module that calls this.
 * The guests of a middleware live in the isolate, and while its options are the same.
 * @param module compiled by the platform, with a limit to its memory
 * @param variables those that guests see; what is not text they don't
 */
export function wasmPlugin(
  name: string,
  module: WebAssembly.Module,
  variables: Readonly<Record<string, unknown>>,
): KindPlugin {
  const encoder = new TextEncoder()
  const environment = Object.entries(variables).map(([key, value]) =>
    encoder.encode(`${key}=${typeof value === 'string' ? value : ''}`),
  )
  const pools = new UsagePool<{ readonly guests: GuestPool; close(): void }>()
  let log: Logger | null = null

  const create = (middleware: string, config: string) => ({
    guests: new GuestPool(module, {
      config,
      missing: TRAILERS,
      environment,
      clock: { date: () => Date.now(), now: () => performance.now() },
      random: (bytes) => void crypto.getRandomValues(bytes),
      log: (level, message) => log?.log(level, message, { middlewareName: middleware, middlewareType: 'wasm' }),
      print: (stream, line) =>
        log?.log(stream === 'output' ? 'debug' : 'error', line, { middlewareName: middleware, middlewareType: 'wasm' }),
    }),
    close() {},
  })

  const kind: MiddlewareKind<unknown> = {
    build(written, scope) {
      log = scope.ports.log
      const config = configText(written)
      const usage = pools.use(JSON.stringify([scope.name, config]), () => create(scope.name, config))
      scope.open('closable', usage)
      const { kept } = scope.ports
      return guestMiddleware({ runner: usage.value.guests, name: scope.name, log, mostContent: MOST_CONTENT, kept })
    },
  }
  return { name, kind }
}
