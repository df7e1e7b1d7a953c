import net from 'node:net'
import { Redis, type RedisOptions, ReplyError } from 'ioredis'
import type { HostPort } from '../../../../../src/compiler/planning/host-port.ts'
import { reasonOf } from '../../api-client/api-error.ts'
import { type ClientTls, readClientTls } from '../../api-client/client-tls.ts'
import { ProviderRefused } from '../../provider.ts'
import { addressText } from '../address.ts'

/** How a server is spoken to; empty texts are not given. */
export interface RedisLogin {
  readonly username: string
  readonly password: string
  /** Absent: there are none, as with Sentinel. */
  readonly db?: number
  readonly tls: ClientTls | undefined
}

const CONNECT_MS = 5_000
/** Whoever was asked for a sign of life and gives none for so long is gone. */
const SILENCE_MS = 8_000
const PING_MS = 4_000
/** How long a closed connection may hold up the end of the process. */
const GOODBYE_MS = 250

/** A connection that has logged in; it ends once, and is not made again. */
export interface RedisClient {
  readonly address: HostPort
  readonly redis: Redis
  close(): void
}

/**
 * @param onLost hears of the end, unless it is our own
 * @throws `ProviderRefused` where the server does not want us
 */
export async function openRedis(
  address: HostPort,
  login: RedisLogin,
  signal: AbortSignal,
  onLost: (reason: Error) => void,
): Promise<RedisClient> {
  const redis = new Redis({ ...CONNECTION, ...address, ...tlsOptions(login.tls, address.host) })
  /** Says more than that the connection is closed. */
  let reason: unknown = null
  let isOpen = false
  const lost = () => new Error(`${addressText(address)}: ${reason === null ? 'connection closed' : reasonOf(reason)}`)
  redis.on('error', (error: Error) => {
    reason = error
  })
  const close = () => {
    isOpen = false
    clearInterval(ping)
    redis.disconnect()
  }
  redis.once('end', () => {
    clearInterval(ping)
    if (isOpen) onLost(lost())
    isOpen = false
  })
  const ping = setInterval(() => {
    redis.ping().catch((error: unknown) => {
      // Busy with loading, or we may not: it is alive all the same.
      if (isReply(error)) return
      reason ??= error
      redis.disconnect()
    })
  }, PING_MS)
  signal.addEventListener('abort', close)
  try {
    await redis.connect()
    await logIn(redis, login)
    signal.throwIfAborted()
    isOpen = true
    return { address, redis, close }
  } catch (error) {
    close()
    signal.throwIfAborted()
    throw refusalIn(error) ?? lost()
  } finally {
    signal.removeEventListener('abort', close)
  }
}

const CONNECTION: RedisOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  socketTimeout: SILENCE_MS,
  disconnectTimeout: GOODBYE_MS,
  // Whoever runs the provider connects again.
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  // Neither of them is always allowed.
  enableReadyCheck: false,
  disableClientInfo: true,
  // Both families of addresses.
  family: 0,
}

function tlsOptions(options: ClientTls | undefined, host: string): RedisOptions {
  if (options === undefined) return {}
  return {
    tls: {
      secureContext: readClientTls(options),
      rejectUnauthorized: options.insecureSkipVerify !== true,
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
    },
  }
}

async function logIn(redis: Redis, { username, password, db = 0 }: RedisLogin): Promise<void> {
  if (password !== '') await authenticate(redis, username, password)
  if (db !== 0) await redis.select(db)
}

/** An answer of the server, who is alive. */
const isReply = (error: unknown): error is Error => error instanceof ReplyError

/** The server says that we may not, or that it can't: of a managed one some commands are gone. */
export const isForbidden = (error: unknown): boolean =>
  isReply(error) && /^(NOPERM|ERR unknown command)/i.test(error.message)

/** A server without a password takes any for its default user, one before version 6 knows no users. */
async function authenticate(redis: Redis, username: string, password: string): Promise<void> {
  try {
    await redis.auth(username === '' ? 'default' : username, password)
  } catch (error) {
    const knowsNoUsers = isReply(error) && error.message.includes('wrong number of arguments')
    if (!knowsNoUsers || username !== '') throw error
    await redis.auth(password)
  }
}

/** The error that says so, where a server answered that it does not want us; of others its words at least. */
export function refusalIn(error: unknown): Error | null {
  if (!isReply(error)) return null
  // The command, which holds the password, is not passed on.
  const { message } = error
  return REFUSALS.test(message) ? new ProviderRefused(message) : new Error(message)
}

const REFUSALS = /^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR (invalid password|.*\bAUTH\b|DB index|invalid DB index))/
