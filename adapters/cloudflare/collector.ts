import { ConfigError } from '../../src/contracts/kinds.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { SecretOf } from '../../src/plan/secrets.ts'
import type { CollectorPlan } from '../../src/plan/telemetry.ts'
import { withSecrets } from '../../src/runtime/linking/secrets.ts'
import { Delivery, type Refusal } from '../../src/telemetry/otlp/delivery.ts'
import { type Resource, resourceOf } from '../../src/telemetry/otlp/resource.ts'
import { VERSION } from '../../src/version.ts'
import { runtimeClock } from '../web/clock.ts'
import { reasonOf } from './limits.ts'

/** Who was to send has been called off, at the latest then. */
const GONE_MS = 5_000
const TIMEOUT_MS = 10_000

export interface CollectorParts {
  /** Variables and secrets of the worker. */
  readonly env: Readonly<Record<string, unknown>>
  readonly log: Logger
  readonly secretOf: SecretOf
}

/** The way to a collector. */
export interface CollectorWay {
  readonly resource: Resource
  readonly delivery: Delivery
  /** The texts among the worker's variables. */
  readonly variables: Readonly<Record<string, string>>
}

/** The way to a collector that a plan names; null: a secret is missing, which is told. */
export function wayTo(
  collector: CollectorPlan,
  signal: 'traces' | 'metrics',
  { env, log, secretOf }: CollectorParts,
): CollectorWay | null {
  let headers: Readonly<Record<string, string>>
  try {
    headers = withSecrets(collector.headers, collector.secrets ?? [], secretOf) as typeof headers
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.log('error', `Unable to send ${signal} by OpenTelemetry`, { cause: error.message })
    return null
  }
  const variables = textsOf(env)
  const { serviceName, resourceAttributes, url } = collector
  const resource = resourceOf({ serviceName, resourceAttributes, version: VERSION }, PLATFORM, variables)
  const delivery = new Delivery({
    signal,
    send: (message) => send(url, headers, message),
    clock: runtimeClock,
    log,
    what: signal,
    where: new URL(url).host,
  })
  // An isolate may end at any time: nothing waits in it to be sent again.
  delivery.hurry()
  return { resource, delivery, variables }
}

const PLATFORM = { 'cloud.provider': 'cloudflare', 'cloud.platform': 'cloudflare.workers' } as const

const textsOf = (env: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))

/**
 * Has one request after the other send what all of them have left. None waits for what another one has under way: the
 * platform lets a request wait for nothing but its own.
 */
export class Sending {
  readonly #sendNow: () => Promise<void>
  readonly #windowMs: number
  /** When somebody has undertaken to send; null: nobody has. */
  #since: number | null = null

  /** @param windowMs what is sent waits so long for more: requests of one isolate go together */
  constructor(sendNow: () => Promise<void>, windowMs: number) {
    this.#sendNow = sendNow
    this.#windowMs = windowMs
  }

  soon(cx: RequestContext): void {
    const now = runtimeClock.now()
    if (this.#since !== null && now - this.#since < this.#windowMs + GONE_MS) return
    this.#since = now
    cx.waitUntil(this.#later())
  }

  async #later(): Promise<void> {
    await new Promise<void>((resolve) => void runtimeClock.after(this.#windowMs, resolve))
    this.#since = null
    await this.#sendNow()
  }
}

async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Refusal> {
  try {
    const compressed = new Blob([message]).stream().pipeThrough(new CompressionStream('gzip'))
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
      body: await new Response(compressed).arrayBuffer(),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.body?.cancel()
    return answer.ok ? null : { reason: `it answers ${answer.status}`, isTemporary: false, afterMs: null }
  } catch (error) {
    return { reason: reasonOf(error), isTemporary: false, afterMs: null }
  }
}
