import { isIP } from 'node:net'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Logger } from '../../../src/contracts/ports.ts'
import type { SharedTokenStore, TokenBucket, TokenGrant } from '../../../src/contracts/token-store.ts'
import type { RedisPlan } from '../../../src/plan/redis.ts'
import type { ServerTls } from '../tls/upstream-tls.ts'
import { takeTokensScript } from './token-script.ts'

const KEEP_ALIVE_MS = 30_000
/** How long a closed connection may hold up the end of the process. */
const GOODBYE_MS = 250
const LONGEST_PAUSE_MS = 1000
/** More requests than this don't wait for one Redis. */
const MAX_UNDER_WAY = 10_000

const pause = (times: number): number => Math.min(LONGEST_PAUSE_MS, 10 * 2 ** Math.min(times, 10))

type Client = (Redis | Cluster) & {
  takeTokens(key: string, ...parameters: readonly number[]): Promise<[granted: number, waitUs: string]>
}

/**
 * Buckets in a Redis, under `rate:` and the key, where Traefik has them too. One connection carries everything, one
 * after the other without waiting; while it is lost, requests wait for two attempts at most.
 */
export class RedisTokenStore implements SharedTokenStore {
  readonly #client: Client
  readonly #log: Logger
  readonly #where: string
  readonly #time: () => number
  readonly #limitMs: number
  #underWay = 0
  /** Why operations would not do what they should, though there is a connection. */
  #unusable: string | null = null
  /** Why there is no connection. */
  #lost: string | null = null

  /**
   * @param tls set where the plan has `tls`
   * @param time whole microseconds since 1970
   */
  constructor(plan: RedisPlan, tls: ServerTls | null, time: () => number, log: Logger) {
    this.#log = log
    this.#time = time
    this.#limitMs = plan.operationTimeoutMs
    this.#where = plan.endpoints.map(({ host, port }) => `${host}:${port}`).join(', ')
    this.#client = createClient(plan, tls)
    this.#client.on('error', (cause: Error) => this.#onError(cause))
    this.#client.on('connect', () => {
      this.#unusable = null
    })
    this.#client.on('ready', () => {
      if (this.#unusable !== null) return
      if (this.#lost !== null) this.#log.log('info', 'Redis is there again', { endpoints: this.#where })
      this.#lost = null
    })
  }

  async takeTokens(key: string, { rate, burst, maxDelayMs, idleMs }: TokenBucket): Promise<TokenGrant> {
    this.#assertUsable()
    if (this.#underWay >= MAX_UNDER_WAY) throw new Error('too many requests wait for Redis')
    this.#underWay++
    const operation = this.#client
      .takeTokens(`rate:${key}`, rate / 1000, burst, Math.ceil(idleMs / 1000), this.#time(), maxDelayMs * 1000)
      .finally(() => this.#underWay--)
      .catch((cause: Error) => {
        throw cause.name === 'MaxRetriesPerRequestError' && this.#lost !== null ? new Error(this.#lost) : cause
      })
    const [granted, waitUs] = await this.#inTime(operation)
    this.#assertUsable()
    return { granted: granted === 1, waitMs: Number(waitUs) / 1000 }
  }

  #assertUsable(): void {
    if (this.#unusable !== null) throw new Error(this.#unusable)
  }

  #inTime<T>(operation: Promise<T>): Promise<T> {
    const limitMs = this.#limitMs
    if (limitMs === 0) return operation
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(this.#lost ?? 'Redis does not answer in time'))
        // What is not answered blocks everything behind it.
        if (this.#client.status === 'ready') this.#client.disconnect(true)
      }, limitMs)
      operation.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  close(): void {
    this.#client.disconnect()
  }

  /** Of the error only its message is shown: it carries the command, which may hold the password. */
  #onError(cause: Error): void {
    const { command } = cause as { command?: { name?: string } }
    if (command?.name === 'select') this.#unusable = cause.message
    const isNew = this.#lost === null
    this.#lost = cause.message
    if (isNew) this.#log.log('error', 'Redis is not available', { endpoints: this.#where, reason: cause.message })
  }
}

function createClient(plan: RedisPlan, tls: ServerTls | null): Client {
  const { endpoints, username, password, db, dialTimeoutMs } = plan
  const scripts = { takeTokens: { lua: takeTokensScript, numberOfKeys: 1 } }
  const options: RedisOptions = {
    connectTimeout: dialTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    disableClientInfo: true,
    // Both families of addresses.
    family: 0,
    keepAlive: KEEP_ALIVE_MS,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  }
  const first = endpoints[0]!
  if (endpoints.length === 1) {
    const single: RedisOptions = { ...options, ...first, db, maxRetriesPerRequest: 1, retryStrategy: pause, scripts }
    if (tls !== null) single.tls = tlsOptions(tls, first.host)
    return new Redis(single) as unknown as Client
  }
  if (tls !== null) options.tls = tlsOptions(tls, null)
  return new Cluster([...endpoints], {
    redisOptions: options,
    clusterRetryStrategy: pause,
    scripts,
    // Servers by their names, so that certificates can be compared with them.
    dnsLookup: (address, done) => done(null, address),
  }) as unknown as Client
}

function tlsOptions(tls: ServerTls, host: string | null): NonNullable<RedisOptions['tls']> {
  const name = tls.serverName === '' ? host : tls.serverName
  return {
    secureContext: tls.context(),
    rejectUnauthorized: tls.verifyChain,
    checkServerIdentity: (server, certificate) => tls.checkIdentity(server, certificate),
    ...(name === null || isIP(name) !== 0 ? {} : { servername: name }),
  }
}
