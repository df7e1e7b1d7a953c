import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ApiAnswer,
  type ApiClient,
  type ApiClientOptions,
  createApiClient,
  type Query,
} from '../api-client/client.ts'
import type { ClientTls } from '../api-client/client-tls.ts'

/** How a Consul is reached. */
export interface ConsulOptions {
  /** `host:port`, with a scheme or without; empty: as the environment says, or this machine. */
  readonly address: string
  readonly scheme: string
  readonly datacenter: string
  readonly token: string
  readonly tls: ClientTls | undefined
  readonly username: string
  readonly password: string
  /** Of a blocking query; 0: as Consul has it. */
  readonly waitMs: number
  /** Empty: that of the token. */
  readonly namespace: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** A Consul as its own client sees it: what every query says, and queries that wait. */
export interface Consul {
  readonly client: ApiClient
  get(path: string, signal: AbortSignal, query?: Query): Promise<ApiAnswer>
  /**
   * The answers to a blocking query: the first one at once, then one for each change.
   * https://developer.hashicorp.com/consul/api-docs/features/blocking
   */
  changes(path: string, signal: AbortSignal): AsyncGenerator<ApiAnswer>
  /** Rejects when there is no sign of life, or no leader. */
  pulse(signal: AbortSignal): Promise<never>
  close(): void
}

const DEFAULT_ADDRESS = '127.0.0.1:8500'
const TIMEOUT_MS = 10_000
/** What Consul takes where nobody says it. */
const DEFAULT_WAIT_MS = 5 * 60_000
const PULSE_EVERY_MS = 10_000
const PULSE_TIMEOUT_MS = 4_000
/** An answer to a blocking query that comes sooner, and says nothing new, is followed by a pause. */
const TOO_SOON_MS = 100
const PAUSE_MS = 1_000

/**
 * Variables count where an option says nothing, as in Consul's own client; the file of a token is read at each connect.
 * @throws Error where an option can't work
 */
export function createConsul(options: ConsulOptions, env: Environment): Consul {
  const { endpoint, token, tls, basicAuth } = settingsOf(options, env)
  const common: ApiClientOptions = {
    endpoint,
    tls,
    headers: token === '' ? {} : { 'x-consul-token': token },
    basicAuth,
    timeoutMs: TIMEOUT_MS,
  }
  const client = createApiClient(common)
  const heart = createApiClient({ ...common, maxSockets: 1, timeoutMs: PULSE_TIMEOUT_MS })
  const always: Query = {
    dc: options.datacenter || undefined,
    ns: options.namespace || env.CONSUL_NAMESPACE || undefined,
  }
  const wait = options.waitMs > 0 ? { wait: `${options.waitMs}ms` } : {}
  const waitMs = options.waitMs > 0 ? options.waitMs : DEFAULT_WAIT_MS
  // Consul adds up to a sixteenth.
  const limitMs = waitMs + waitMs / 16 + TIMEOUT_MS

  async function* changes(path: string, signal: AbortSignal): AsyncGenerator<ApiAnswer> {
    let index = 0
    for (;;) {
      const began = performance.now()
      const query = { ...always, ...(index === 0 ? {} : { index, ...wait }) }
      const answer = await client.request(path, {
        method: 'GET',
        // Sent again on another connection it might wait with an index that another server has not reached.
        isRead: index === 0,
        signal,
        query,
        timeoutMs: limitMs,
        silenceMs: limitMs,
      })
      const next = Number(answer.headers['x-consul-index'])
      const isNew = index === 0 || next !== index
      // An index that goes back, or is none, is not to be waited for.
      index = next > 0 && next >= index ? next : 0
      if (isNew) yield answer
      if ((!isNew || index === 0) && performance.now() - began < TOO_SOON_MS)
        await sleep(PAUSE_MS, undefined, { signal })
    }
  }

  async function pulse(signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(PULSE_EVERY_MS, undefined, { signal })
      const answer = await heart.get('/v1/status/leader', { signal })
      if (answer.json() === '') throw new Error('No cluster leader')
    }
  }

  return {
    client,
    get: (path, signal, query = {}) => client.get(path, { signal, query: { ...always, ...query } }),
    changes,
    pulse,
    close() {
      client.close()
      heart.close()
    },
  }
}

function settingsOf(options: ConsulOptions, env: Environment) {
  const address = options.address || env.CONSUL_HTTP_ADDR || DEFAULT_ADDRESS
  const scheme = options.scheme || (isTrue(env.CONSUL_HTTP_SSL) ? 'https' : 'http')
  const endpoint = /^(?:https?|unix):\/\//.test(address) ? address : `${scheme}://${address}`
  const [envUser = '', ...envPassword] = (env.CONSUL_HTTP_AUTH ?? '').split(':')
  const username = options.username || envUser
  return {
    endpoint,
    token: options.token || env.CONSUL_HTTP_TOKEN || tokenOf(env.CONSUL_HTTP_TOKEN_FILE),
    tls: options.tls ?? {
      ca: env.CONSUL_CACERT,
      cert: env.CONSUL_CLIENT_CERT,
      key: env.CONSUL_CLIENT_KEY,
      insecureSkipVerify: isFalse(env.CONSUL_HTTP_SSL_VERIFY),
    },
    basicAuth: username === '' ? undefined : { username, password: options.password || envPassword.join(':') },
  }
}

const isTrue = (text = ''): boolean => /^(?:1|t|true)$/i.test(text)
const isFalse = (text = ''): boolean => /^(?:0|f|false)$/i.test(text)

const tokenOf = (file = ''): string => (file === '' ? '' : readFileSync(file, 'utf8').trim())
