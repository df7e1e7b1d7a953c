import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Plan } from '../../../src/plan/plan.ts'
import { generateLocalCertificate } from '../../node/tls/default-certificate.ts'
import type { PluginBundle } from './bundle-plugins.ts'
import { type Front, type FrontOptions, startFront } from './front.ts'
import { type LocalWorker, startLocalWorker } from './miniflare.ts'
import { describeProblems, type PlanFile } from './plan-source.ts'
import { publish } from './publish.ts'
import { generateSigningKey } from './signing-keys.ts'
import { watchFile } from './watch-file.ts'

export interface DevOptions {
  readonly config: string
  readonly host: string
  readonly port: number
  /** Whether it answers https beside http, on the same port. */
  readonly https: boolean
  readonly logLevel: string
  readonly planFile: PlanFile
  readonly print: (text: string) => void
  /** Modules in the place of the built worker. */
  readonly modules?: Readonly<Record<string, string>>
  /** Null: there are none. */
  readonly plugins?: Pick<PluginBundle, 'text' | 'modules'> | null
}

/** A running `edge dev`. */
export interface DevServer {
  readonly url: URL
  stop(): Promise<void>
}

/** Where wrangler has secrets for `dev`: a line each, `NAME=TEXT`. */
const SECRETS_FILE = '.dev.vars'

function localSecrets(): Readonly<Record<string, string>> {
  if (!existsSync(SECRETS_FILE)) return {}
  return Object.fromEntries(
    Object.entries(parseEnv(readFileSync(SECRETS_FILE, 'utf8'))).map(([name, text]) => [name, text ?? '']),
  )
}

/** Time between two runs of the scheduled handler at most, in ms; checks with shorter intervals make it shorter. */
const SCHEDULE_MS = 1000

/**
 * Serves a file from workerd: plans it, signs it with a pair of keys that lives as long as the command, puts it into KV
 * as `edge push` does, and does that again after every change. A file that is refused leaves what is served.
 */
export async function startDev(options: DevOptions): Promise<DevServer> {
  const { config, host, port, https, logLevel, planFile, print, modules, plugins = null } = options
  const key = await generateSigningKey()
  const starting = startLocalWorker({
    ...(https ? { host: '127.0.0.1', port: 0 } : { host, port }),
    shared: true,
    // Of others who come from elsewhere workerd does not tell the address.
    client: isLoopback(host) ? host.replace(/^localhost$/, '127.0.0.1') : '',
    vars: {
      SIGNALBOX_HEALTH_SECRET: randomBytes(32).toString('base64url'),
      ...localSecrets(),
      SIGNALBOX_PUBLIC_KEYS: key.publicKey,
      SIGNALBOX_LOG_LEVEL: logLevel,
      SIGNALBOX_REFRESH_MS: '250',
      SIGNALBOX_HEALTH_CHECKS: 'due',
    },
    ...(modules === undefined ? {} : { modules }),
    plugins,
  })
  // Both take their time.
  const [worker, certificate] = await Promise.all([starting, https ? generateLocalCertificate(new Date()) : null])
  const front = certificate === null ? null : await inFrontOf(worker, { host, port, certificate })
  const url = front?.url ?? worker.url
  const schedule = new Schedule(worker, print)

  const load = async () => {
    const { plan, problems } = await planFile(config, 'edge')
    if (problems.length > 0) print(describeProblems(problems))
    if (plan === null) return print(`${config} is refused: what is served stays\n`)
    // A file that has become empty has: whoever edits it sees what comes of it.
    await publish(worker.kv, plan, key, Date.now(), { mayBeEmpty: true })
    // The scheduled run makes the isolate read KV now instead of with one of the next requests.
    await worker.runScheduled()
    schedule.setPeriod(periodOf(plan))
    print(`Serving ${Object.keys(plan.routers).length} routers from ${config} on ${url.origin}\n`)
  }
  const loading = new Latest(load, (error) => print(`${config}: ${error.message}\n`))
  const unwatch = watchFile(config, () => loading.run())
  await loading.run()
  return {
    url,
    async stop() {
      unwatch()
      schedule.stop()
      front?.stop()
      await worker.stop()
    },
  }
}

/** Without a place to listen there is no use for the worker either. */
function inFrontOf(worker: LocalWorker, options: Pick<FrontOptions, 'host' | 'port' | 'certificate'>): Promise<Front> {
  return startFront({ ...options, http: worker.url, https: worker.httpsUrl! }).catch(async (error: unknown) => {
    await worker.stop()
    throw error
  })
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Half of the shortest interval between checks, at least 50 ms. */
function periodOf(plan: Plan): number {
  let period = SCHEDULE_MS
  for (const { config } of Object.values(plan.services)) {
    const check = (config as { healthCheck?: { intervalMs?: number } | boolean | null } | null)?.healthCheck
    if (typeof check === 'object' && check !== null && check.intervalMs !== undefined) {
      period = Math.min(period, Math.max(50, check.intervalMs / 2))
    }
  }
  return period
}

/** The scheduled handler, called again and again, one run at a time. */
class Schedule {
  readonly #worker: LocalWorker
  readonly #print: (text: string) => void
  #timer: NodeJS.Timeout | null = null
  #running = false

  constructor(worker: LocalWorker, print: (text: string) => void) {
    this.#worker = worker
    this.#print = print
  }

  setPeriod(ms: number): void {
    this.stop()
    this.#timer = setInterval(() => void this.#run(), ms)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      await this.#worker.runScheduled()
    } catch (error) {
      if (this.#timer !== null) this.#print(`scheduled run: ${(error as Error).message}\n`)
    } finally {
      this.#running = false
    }
  }
}

/** Runs a task; calls that come while it runs end in one more run. */
class Latest {
  readonly #task: () => Promise<void>
  readonly #failed: (error: Error) => void
  #running: Promise<void> | null = null
  #again = false

  constructor(task: () => Promise<void>, failed: (error: Error) => void) {
    this.#task = task
    this.#failed = failed
  }

  run(): Promise<void> {
    this.#again = true
    this.#running ??= this.#loop().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #loop(): Promise<void> {
    while (this.#again) {
      this.#again = false
      await this.#task().catch(this.#failed)
    }
  }
}
