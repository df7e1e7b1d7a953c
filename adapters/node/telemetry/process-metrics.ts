import { readdirSync, readFileSync } from 'node:fs'
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { type Family, single } from '../../../src/telemetry/metrics/family.ts'

const NANOSECONDS = 1e9

/** Milliseconds between looks at how late the event loop is. */
const RESOLUTION_MS = 20

/**
 * CPU, memory, descriptors and event loop of this process, under the names that Prometheus' own libraries and those for
 * Node give them.
 */
export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #collections: PerformanceObserver
  #collectionSeconds = 0
  #collected = 0
  readonly #startedAt = Date.now() / 1000 - process.uptime()

  constructor() {
    this.#delay.enable()
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#collected++
        this.#collectionSeconds += duration / 1000
      }
    })
    this.#collections.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#delay.disable()
    this.#collections.disconnect()
  }

  *families(): Generator<Family> {
    const { user, system } = process.cpuUsage()
    const memory = process.memoryUsage()
    yield counter(
      'process_cpu_seconds_total',
      'Total user and system CPU time spent in seconds.',
      (user + system) / 1e6,
    )
    yield gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', memory.rss)
    yield gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', this.#startedAt)
    yield gauge('nodejs_heap_size_total_bytes', 'Size of the heap in bytes.', memory.heapTotal)
    yield gauge('nodejs_heap_size_used_bytes', 'Bytes of the heap that are in use.', memory.heapUsed)
    yield gauge('nodejs_external_memory_bytes', 'Bytes outside of the heap that objects hold.', memory.external)
    yield counter('nodejs_gc_seconds_total', 'Seconds spent in garbage collection.', this.#collectionSeconds)
    yield counter('nodejs_gc_runs_total', 'Runs of the garbage collection.', this.#collected)
    const delay = this.#delay
    const seconds = (nanoseconds: number) => (delay.count === 0 ? 0 : nanoseconds / NANOSECONDS)
    yield gauge('nodejs_eventloop_lag_mean_seconds', LAG('Mean'), seconds(delay.mean))
    yield gauge('nodejs_eventloop_lag_p99_seconds', LAG('99th percentile'), seconds(delay.percentile(99)))
    yield gauge('nodejs_eventloop_lag_max_seconds', LAG('Longest'), seconds(delay.max))
    delay.reset()
    yield* linuxOnly()
  }
}

const LAG = (what: string) => `${what} delay of the event loop since the last reading, in seconds.`

const gauge = (name: string, help: string, value: number): Family => single({ name, help, type: 'gauge' }, value)

const counter = (name: string, help: string, value: number): Family => single({ name, help, type: 'counter' }, value)

/** What the kernel tells in files; other systems have none of it. */
function* linuxOnly(): Generator<Family> {
  if (process.platform !== 'linux') return
  yield gauge('process_open_fds', 'Number of open file descriptors.', readdirSync('/proc/self/fd').length)
  const limits = readFileSync('/proc/self/limits', 'latin1')
  const most = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1]
  if (most !== undefined) {
    const value = most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most)
    yield gauge('process_max_fds', 'Maximum number of open file descriptors.', value)
  }
  const pages = Number(/^\d+/.exec(readFileSync('/proc/self/statm', 'latin1'))?.[0])
  yield gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', pages * PAGE)
}

/** Bytes; `/proc/self/statm` counts pages. */
const PAGE = 4096
