import * as z from 'zod'
import type { RedisPlan } from '../../plan/redis.ts'
import { durationMs } from '../../schema/duration.ts'
import { PrepareError, type PrepareScope } from '../../schema/element.ts'
import { duration, integer, text, texts } from '../../schema/scalars.ts'
import { prepareTlsClient, tlsClientFields } from '../shared/tls-client-option.schema.ts'

/** A Redis, an option of `rateLimit`. */
export const redisOptions = z
  .strictObject({
    endpoints: texts()
      .default(['localhost:6379'])
      .describe('Addresses of the servers; several are nodes of a cluster.'),
    tls: z.strictObject(tlsClientFields).optional().describe('TLS to the servers.'),
    username: text().optional().describe('User.'),
    password: text().optional().describe('Password.'),
    db: integer().optional().describe('Number of the database.'),
    poolSize: integer().optional().describe('Without effect: one connection carries everything.'),
    minIdleConns: integer().optional().describe('Without effect: one connection carries everything.'),
    maxActiveConns: integer().optional().describe('Without effect: one connection carries everything.'),
    readTimeout: duration().default('3s').describe('Limit for reads; none unless positive.'),
    writeTimeout: duration().default('3s').describe('Limit for writes; none unless positive.'),
    dialTimeout: duration().default('5s').describe('Limit for connecting.'),
  })
  .meta({ typeName: '*dynamic.Redis' })

const DEFAULT_ENDPOINT = { host: 'localhost', port: 6379 }
const DEFAULT_DIAL_TIMEOUT_MS = 5000

/** Traefik v3.7 `pkg/middlewares/ratelimiter/redis_limiter.go`. */
export function prepareRedis(options: z.output<typeof redisOptions>, scope: PrepareScope): RedisPlan {
  const { endpoints, username = '', password = '', db = 0, tls } = options
  const [readMs, writeMs, dialMs] = [options.readTimeout, options.writeTimeout, options.dialTimeout].map(durationMs)
  return {
    endpoints: endpoints.length === 0 ? [DEFAULT_ENDPOINT] : endpoints.map(prepareEndpoint),
    username,
    password,
    db,
    dialTimeoutMs: dialMs! > 0 ? dialMs! : DEFAULT_DIAL_TIMEOUT_MS,
    operationTimeoutMs: readMs! > 0 && writeMs! > 0 ? readMs! + writeMs! : 0,
    tls: tls === undefined ? null : prepareTlsClient(tls, scope, 'creating redis limiter: creating TLS config: '),
  }
}

/** `host:port` or `[address]:port`; an error does not repeat the text, which may hold a password. */
function prepareEndpoint(endpoint: string): RedisPlan['endpoints'][number] {
  const [, v6, name, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(endpoint) ?? []
  const port = Number(digits)
  const host = v6 ?? name
  if (host === undefined || port < 1 || port > 65_535) {
    throw new PrepareError('creating redis limiter: an endpoint must be a host and a port, as in localhost:6379')
  }
  return { host, port }
}
