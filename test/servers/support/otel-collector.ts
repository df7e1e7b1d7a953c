import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

const PROGRAM = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox/otelcol-0.165.0')

// biome-ignore lint/suspicious/noExplicitAny: the collector's own JSON
type Json = any

/** An OpenTelemetry collector that writes what it takes into files. */
export class OtelCollector {
  readonly httpPort: number
  readonly grpcPort: number
  readonly #folder: string
  readonly #process: ServerProcess

  private constructor(httpPort: number, grpcPort: number, folder: string) {
    this.httpPort = httpPort
    this.grpcPort = grpcPort
    this.#folder = folder
    this.#process = new ServerProcess({
      program: PROGRAM,
      args: ['--config', `file:${path.join(folder, 'config.yml')}`],
      // Only what it can read is taken.
      isReady: async () => {
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', headers, body: '{}' })
        return answer.status === 200
      },
    })
  }

  static async create(): Promise<OtelCollector> {
    const [http, grpc] = await Promise.all([freePort(), freePort()])
    const folder = temporaryFolder()
    const file = (signal: string) => ({ path: path.join(folder, `${signal}.json`), flush_interval: '50ms' })
    const pipeline = (signal: string) => ({ receivers: ['otlp'], exporters: [`file/${signal}`] })
    const signals = ['traces', 'metrics', 'logs']
    const config = {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } } },
      },
      exporters: Object.fromEntries(signals.map((signal) => [`file/${signal}`, file(signal)])),
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline(signal)])),
      },
    }
    // JSON is YAML.
    writeFileSync(path.join(folder, 'config.yml'), JSON.stringify(config))
    return new OtelCollector(http, grpc, folder)
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  /** What it has taken of a signal: its lists, such as `resourceSpans`. */
  taken(signal: 'traces' | 'metrics' | 'logs', list: string): Json[] {
    const file = path.join(this.#folder, `${signal}.json`)
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    return lines.flatMap((line) => (JSON.parse(line) as Json)[list] ?? [])
  }
}
