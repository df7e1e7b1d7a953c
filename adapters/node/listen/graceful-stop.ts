import type { LifeCycle } from '../../../src/compiler/install/entry-point-options.ts'
import type { TcpListener } from './tcp-listener.ts'

/** Connections that serve requests: each ends after the exchange under way, or a last one that is due in a moment. */
export interface Drainable {
  drain(): Promise<void>
}

/** Resolves after that many milliseconds; the composition root gives the timer. */
export type Sleep = (ms: number) => Promise<void>

/**
 * Stops an entry point (Traefik v3.7 `pkg/server/server_entrypoint_tcp.go`): for the accept grace time all is as
 * before; then the listener and idle connections close, and what is open gets the grace time before it is closed too.
 */
export async function stopGracefully(
  listener: TcpListener,
  servers: readonly Drainable[],
  lifeCycle: LifeCycle,
  sleep: Sleep,
): Promise<void> {
  if (lifeCycle.requestAcceptGraceTimeoutMs > 0) await sleep(lifeCycle.requestAcceptGraceTimeoutMs)
  listener.stopAccepting()
  for (const server of servers) void server.drain()
  if (lifeCycle.graceTimeOutMs > 0) await Promise.race([listener.empty(), sleep(lifeCycle.graceTimeOutMs)])
  listener.closeAll()
}
