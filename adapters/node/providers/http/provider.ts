import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Decoded } from '../../../../src/compiler/decode/decode.ts'
import type { DynamicConfig } from '../../../../src/compiler/dynamic/dynamic.ts'
import { readDynamicText } from '../../../../src/compiler/dynamic/read.ts'
import { isEmptyConfiguration } from '../../../../src/compiler/merge/empty.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { type Provider, ProviderRefused, type ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderContext, ProviderOptions } from '../registry.ts'
import { createDocumentSource, type DocumentSource, type Validators } from './document.ts'

export const createHttpProvider: CreateProvider<ProviderOptions<'http'>> = (name, options, context) =>
  new HttpProvider(name, options, context)

/** Bodies up to this many bytes are decoded at once. */
const SHORT = 16 * 1024
/** Where the options name no limit. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

/**
 * A document that is fetched again and again. A fetch that fails is a lost source; a body that can't be decoded is a
 * problem, told once, and the last good one stays in force.
 */
class HttpProvider implements Provider {
  readonly name: string
  readonly #options: ProviderOptions<'http'>
  readonly #url: URL
  readonly #readElsewhere: ProviderContext['readElsewhere']
  #validators: Validators | null = null
  /** Of the body that was decoded last. */
  #digest = ''
  #config: DynamicConfig | null = null
  #problems: readonly ConfigProblem[] = []

  /** @throws Error where the options can't work */
  constructor(name: string, options: ProviderOptions<'http'>, { readElsewhere }: ProviderContext) {
    this.name = name
    this.#options = options
    this.#url = endpointOf(options)
    this.#readElsewhere = readElsewhere
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const url = this.#url
    const { headers = {}, tls, pollInterval, pollTimeout, maxResponseBodySize } = this.#options
    const source = createDocumentSource({
      url,
      headers,
      tls,
      timeoutMs: durationMs(pollTimeout),
      maxBytes: maxResponseBodySize < 0 ? MAX_BODY_BYTES : maxResponseBodySize,
    })
    // Without user and query, which may hold a password or a token.
    const place = `${url.origin}${url.pathname}`
    try {
      for (;;) {
        await this.#poll(source, place, sink, signal)
        await sleep(durationMs(pollInterval), undefined, { signal })
      }
    } finally {
      source.close()
    }
  }

  async #poll(source: DocumentSource, place: string, sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const fetched = await source.fetch(this.#validators, signal).catch((error: unknown) => {
      throw lost(error instanceof Error ? error.message : String(error), error)
    })
    if (fetched.status === 'bad') {
      const reason = `${place}: received non-ok response code: ${fetched.code}`
      throw fetched.code === 401 || fetched.code === 403 ? new ProviderRefused(`${FAILED}: ${reason}`) : lost(reason)
    }
    sink.connected(place)
    if (fetched.status === 'unchanged') return
    const digest = createHash('sha256').update(fetched.bytes).digest('base64')
    if (digest !== this.#digest) {
      this.#take(await this.#read(fetched.bytes.toString('utf8'), place), place)
      this.#digest = digest
      sink.emit(() => ({ config: this.#config ?? {}, problems: this.#problems }))
    }
    // Only now: a body that we did not get to decode is asked for again.
    this.#validators = fetched.validators
  }

  #read(text: string, place: string): Decoded<DynamicConfig> | Promise<Decoded<DynamicConfig>> {
    const elsewhere = text.length > SHORT ? this.#readElsewhere : null
    return elsewhere === null ? readDynamicText(text, 'yaml', place) : elsewhere(text, 'yaml', place, 'none')
  }

  #take({ value, problems }: Decoded<DynamicConfig>, place: string): void {
    const isEmpty = value !== null && isEmptyConfiguration(value)
    this.#problems = isEmpty ? [...problems, emptyProblem(place)] : problems
    if (value !== null && !isEmpty) this.#config = value
  }
}

const FAILED = 'cannot fetch configuration data'

const lost = (reason: string, cause?: unknown): Error => new Error(`${FAILED}: ${reason}`, { cause })

/** @throws Error where the options can't work */
function endpointOf({ endpoint = '', pollInterval }: ProviderOptions<'http'>): URL {
  if (endpoint === '') throw new Error('non-empty endpoint is required')
  if (!(durationMs(pollInterval) > 0)) throw new Error('poll interval must be greater than 0')
  const url = URL.parse(endpoint)
  // The text may hold a password: it is not repeated.
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('the endpoint is no URL of HTTP')
  return url
}

const emptyProblem = (place: string): ConfigProblem => ({
  severity: 'error',
  message: 'the answer holds no configuration; the last good one stays in force',
  hint: 'to remove everything on purpose, answer with an empty section: `http: {}`',
  provider: 'http',
  path: [],
  position: { file: place, line: 1, column: 1 },
})
