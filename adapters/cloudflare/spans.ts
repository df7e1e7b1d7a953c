import { ConfigError } from '../../src/contracts/kinds.ts'
import type { Logger } from '../../src/contracts/ports.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { SecretOf } from '../../src/plan/secrets.ts'
import type { TelemetryPlan } from '../../src/plan/telemetry.ts'
import { withSecrets } from '../../src/runtime/linking/secrets.ts'
import type { SpanParts } from '../../src/telemetry/observers.ts'
import { Batches } from '../../src/telemetry/otlp/batches.ts'
import { Delivery, type Refusal } from '../../src/telemetry/otlp/delivery.ts'
import { resourceOf } from '../../src/telemetry/otlp/resource.ts'
import { sizeOfSpan } from '../../src/telemetry/otlp/size.ts'
import { encodeTraces } from '../../src/telemetry/otlp/traces.ts'
import { propagatorsOf } from '../../src/telemetry/tracing/propagator-names.ts'
import type { Span } from '../../src/telemetry/tracing/span.ts'
import { VERSION } from '../../src/version.ts'
import { runtimeClock } from '../web/clock.ts'
import { reasonOf } from './limits.ts'

/** What is sent waits so long for more, in ms: requests of one isolate go together. */
const WINDOW_MS = 1_000
/** Who was to send has been called off, at the latest then. */
const GONE_MS = 5_000
const TIMEOUT_MS = 10_000

interface EdgeParts {
  /** Variables and secrets of the worker. */
  readonly env: Readonly<Record<string, unknown>>
  readonly log: Logger
  readonly secretOf: SecretOf
}

/** Spans of this isolate, sent by HTTP after answers; null: a plan names no collector, or a secret is missing. */
export function edgeSpans({ collector }: TelemetryPlan, { env, log, secretOf }: EdgeParts): SpanParts | null {
  if (collector === undefined) return null
  let headers: Readonly<Record<string, string>>
  try {
    headers = withSecrets(collector.headers, collector.secrets ?? [], secretOf) as typeof headers
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.log('error', 'Unable to send traces by OpenTelemetry', { cause: error.message })
    return null
  }
  const variables = textsOf(env)
  const { serviceName, resourceAttributes, url } = collector
  const resource = resourceOf({ serviceName, resourceAttributes, version: VERSION }, PLATFORM, variables)
  const delivery = new Delivery({
    signal: 'traces',
    send: (message) => send(url, headers, message),
    clock: runtimeClock,
    log,
    what: 'traces',
    where: new URL(url).host,
  })
  // An isolate may end at any time: nothing waits in it to be sent again.
  delivery.hurry()
  const encode = (spans: readonly Span[]) => encodeTraces(resource, spans)
  const batches = new Batches({ delivery, encode, sizeOf: sizeOfSpan, timer: null })
  const sending = new Sending(batches)
  return {
    sink: batches,
    propagators: propagatorsOf(variables.OTEL_PROPAGATORS, log),
    platform: { endsAtHead: true, ended: (cx) => sending.soon(cx) },
  }
}

const PLATFORM = { 'cloud.provider': 'cloudflare', 'cloud.platform': 'cloudflare.workers' } as const

const textsOf = (env: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))

/**
 * Has one request after the other send what all of them have left. None waits for what another one has under way: the
 * platform lets a request wait for nothing but its own.
 */
class Sending {
  readonly #batches: Batches<Span>
  /** When somebody has undertaken to send; null: nobody has. */
  #since: number | null = null

  constructor(batches: Batches<Span>) {
    this.#batches = batches
  }

  soon(cx: RequestContext): void {
    const now = runtimeClock.now()
    if (this.#since !== null && now - this.#since < GONE_MS) return
    this.#since = now
    cx.waitUntil(this.#later())
  }

  async #later(): Promise<void> {
    await new Promise<void>((resolve) => void runtimeClock.after(WINDOW_MS, resolve))
    this.#since = null
    await this.#batches.sendNow()
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
