import type { Derived } from '../../../src/compiler/discovery/derived.ts'
import type { DynamicConfig } from '../../../src/compiler/dynamic/dynamic.ts'
import { isEmptyConfiguration } from '../../../src/compiler/merge/empty.ts'
import type { Clock } from '../../../src/contracts/ports.ts'
import type { RunProvider } from '../../../src/contracts/provider-plugin.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import type { Provider, ProviderSink } from '../providers/provider.ts'
import { type RestRead, readRest } from '../reading/rest-read.ts'

const MAX_CHARACTERS = 64 * 1024 * 1024
/** Texts up to this many characters are read at once. */
const SHORT = 64 * 1024
/** A plugin that is called off and does not end is not waited for any longer. */
const END_MS = 2_000

export interface PluginProviderPorts {
  readonly clock: Clock
  /** Reads configuration beside the thread that serves; null: nobody is served here. */
  readonly readElsewhere: ((text: string) => Promise<RestRead>) | null
}

/** Runs a provider plugin, and reads what it says as what is put by REST is read. */
export class PluginProvider implements Provider {
  readonly name: string
  readonly #run: RunProvider
  readonly #ports: PluginProviderPorts
  /** What it said last that can be used. */
  #last: DynamicConfig = {}

  constructor(name: string, run: RunProvider, ports: PluginProviderPorts) {
    this.name = name
    this.#run = run
    this.#ports = ports
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    let isOver = false
    const say = {
      connected: (peer: string): void => {
        if (!isOver) sink.connected(String(peer))
      },
      emit: (configuration: unknown): void => {
        const text = textOf(configuration)
        if (!isOver) sink.emit(() => this.#read(text))
      },
    }
    let callOff = (): void => undefined
    const givenUp = new Promise<void>((resolve) => {
      const wait = (): void => {
        callOff = this.#ports.clock.after(END_MS, resolve)
      }
      if (signal.aborted) wait()
      else signal.addEventListener('abort', wait, { once: true })
    })
    try {
      await Promise.race([this.#run(say, signal), givenUp])
    } finally {
      isOver = true
      callOff()
    }
  }

  /** What can't be read leaves what was said before. */
  async #read(text: string): Promise<Derived> {
    const { readElsewhere } = this.#ports
    const read = text.length > SHORT && readElsewhere !== null ? await readElsewhere(text) : readRest(text)
    if (read.fault !== null) return { config: this.#last, problems: [faultOf(read.fault)] }
    if (isEmptyConfiguration(read.config)) {
      return { config: this.#last, problems: [...read.problems, faultOf('it says nothing at all')] }
    }
    this.#last = read.config
    return { config: read.config, problems: read.problems }
  }
}

/** @throws TypeError */
function textOf(configuration: unknown): string {
  const text: unknown = JSON.stringify(configuration)
  if (typeof text !== 'string') throw new TypeError('a configuration is an object')
  if (text.length > MAX_CHARACTERS) throw new TypeError(`a configuration has ${MAX_CHARACTERS} characters at most`)
  return text
}

const faultOf = (fault: string): ConfigProblem => ({
  severity: 'error',
  message: `what the plugin says can’t be used: ${fault}; what it said before stays in force`,
  hint: null,
  provider: null,
  path: [],
  position: null,
})
