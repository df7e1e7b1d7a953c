import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, createApiClient } from '../api-client/client.ts'
import type { ClientTls } from '../api-client/client-tls.ts'

/** How an engine is reached. */
export interface EngineOptions {
  readonly endpoint: string
  readonly username: string
  readonly password: string
  readonly tls: ClientTls | undefined
  /** Until an answer is whole; 0: the client's own limit. */
  readonly timeoutMs: number
}

/** `DOCKER_HOST`, `DOCKER_API_VERSION`, `DOCKER_CERT_PATH` and `DOCKER_TLS_VERIFY` count over the options, as in Docker's own client. */
export type EngineEnvironment = Readonly<Record<string, string | undefined>>

/** An engine that answers, and the version of its API that both sides know. */
export interface Engine {
  readonly client: ApiClient
  /** Put before every path: `/v1.44`; empty where the engine does not say. */
  readonly prefix: string
  readonly close: () => void
}

/** Newest version of the API whose answers are known here. */
const NEWEST_API = '1.51'

const PING_TIMEOUT_MS = 4_000

/** Options with the variables that count over them, and which those are. */
export function withEnvironment(
  options: EngineOptions,
  env: EngineEnvironment,
): { readonly options: EngineOptions; readonly overridden: readonly string[] } {
  const { DOCKER_HOST: host = '', DOCKER_CERT_PATH: certificates = '', DOCKER_TLS_VERIFY: verify = '' } = env
  const overridden: string[] = []
  let changed = options
  if (host !== '' && host !== options.endpoint) {
    overridden.push('DOCKER_HOST')
    changed = { ...changed, endpoint: host }
  }
  if (certificates !== '') {
    overridden.push('DOCKER_CERT_PATH')
    const file = (name: string) => path.join(certificates, name)
    changed = {
      ...changed,
      tls: { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem'), insecureSkipVerify: verify === '' },
    }
  }
  if ((env.DOCKER_API_VERSION ?? '') !== '') overridden.push('DOCKER_API_VERSION')
  return { options: changed, overridden }
}

/** Connects, and finds out which version of the API both sides know. Throws as the API client does. */
export async function connectEngine(
  options: EngineOptions,
  { DOCKER_API_VERSION: wanted = '' }: EngineEnvironment,
  signal: AbortSignal,
): Promise<Engine> {
  const { endpoint, username, password, tls, timeoutMs } = options
  const client = createApiClient({
    endpoint,
    tls,
    ...(username !== '' && password !== '' ? { basicAuth: { username, password } } : {}),
    ...(timeoutMs > 0 ? { timeoutMs } : {}),
  })
  try {
    const { headers } = await client.head('/_ping', { signal, timeoutMs: PING_TIMEOUT_MS })
    const offered = wanted !== '' ? wanted : headers['api-version']
    const version = typeof offered === 'string' && /^\d{1,3}\.\d{1,3}$/.test(offered) ? offered : null
    const common = version === null || wanted !== '' ? version : lower(version, NEWEST_API)
    return { client, prefix: common === null ? '' : `/v${common}`, close: () => client.close() }
  } catch (error) {
    client.close()
    throw error
  }
}

const lower = (a: string, b: string): string => {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA < majorB || (majorA === majorB && minorA < minorB) ? a : b
}

const PING_EVERY_MS = 10_000

/**
 * Asks an engine for a sign of life again and again, on a connection of its own: one that stalls says nothing else.
 * Rejects when there is none.
 */
export async function watchPulse(options: EngineOptions, prefix: string, signal: AbortSignal): Promise<never> {
  const { endpoint, username, password, tls } = options
  const client = createApiClient({
    endpoint,
    tls,
    ...(username !== '' && password !== '' ? { basicAuth: { username, password } } : {}),
    maxSockets: 1,
    timeoutMs: PING_TIMEOUT_MS,
  })
  try {
    for (;;) {
      await sleep(PING_EVERY_MS, undefined, { signal })
      await client.head(`${prefix}/_ping`, { signal })
    }
  } finally {
    client.close()
  }
}

/** Id of the container that this process runs in, as Docker sets a host name by default; null: it is in none. */
export function ownContainerId(hostname: string): string | null {
  if (!/^[0-9a-f]{12}$/.test(hostname)) return null
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8').includes(hostname) ? hostname : null
  } catch {
    // Not Linux, or not for us to read: then the name is what there is.
    return hostname
  }
}
