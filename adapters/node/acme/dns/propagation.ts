import type { Clock } from '../../../../src/contracts/ports.ts'
import { pause } from '../waits.ts'
import { resolverOf, serversOfZone, textsAt, zoneOf } from './name-servers.ts'

/** How it is found out that a record can be seen (`dnsChallenge.propagation`). */
export interface PropagationOptions {
  /** `host:port`; empty: those of the system. */
  readonly resolvers: readonly string[]
  readonly disableChecks: boolean
  /** Servers of the zone are not asked. */
  readonly disableANSChecks: boolean
  /** Each of `resolvers` is asked. */
  readonly requireAllRNS: boolean
  readonly delayMs: number
}

/**
 * Waits until every server that is to be asked has the record.
 * @throws Error where it is not there in time, with the server that lacks it
 */
export async function waitForRecord(
  { fqdn, value }: { readonly fqdn: string; readonly value: string },
  { timeoutMs, intervalMs }: { readonly timeoutMs: number; readonly intervalMs: number },
  options: PropagationOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (options.delayMs > 0) await pause(clock, options.delayMs, signal)
  if (options.disableChecks) return
  const end = clock.now() + timeoutMs
  for (;;) {
    const missing = await lacking(fqdn, value, options)
    if (missing === null) return
    const left = end - clock.now()
    if (left <= 0) throw new Error(`${fqdn} is not seen within ${timeoutMs / 1000} s: ${missing}`)
    await pause(clock, Math.min(left, intervalMs), signal)
  }
}

/** Which server does not have it, or can't be asked; null: all of them have it. */
async function lacking(fqdn: string, value: string, options: PropagationOptions): Promise<string | null> {
  const { resolvers, disableANSChecks, requireAllRNS } = options
  try {
    if (requireAllRNS) {
      const asked = resolvers.length === 0 ? [[]] : resolvers.map((server) => [server])
      for (const servers of asked) {
        if (!(await has(servers, fqdn, value))) return `${servers[0] ?? 'the resolver'} does not have it`
      }
    }
    if (disableANSChecks) return null
    const resolver = await resolverOf(resolvers)
    const zone = await zoneOf(fqdn, resolver)
    for (const servers of await serversOfZone(zone, resolver)) {
      if (!(await has(servers, fqdn, value))) return `${servers[0]} does not have it`
    }
    return null
  } catch (error) {
    return (error as Error).message
  }
}

const has = async (servers: readonly string[], fqdn: string, value: string): Promise<boolean> =>
  (await textsAt(fqdn, await resolverOf(servers))).includes(value)
