import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { HeldLocks } from './held-locks.ts'
import {
  type CertificateStorage,
  CHALLENGE_TTL_MS,
  LOCK_TTL_MS,
  type SharedChallenges,
  type StorageLock,
} from './storage.ts'
import {
  accountJson,
  accountOf,
  certificateJson,
  certificateOf,
  type ResolverData,
  type StoredCertificate,
} from './stored-data.ts'

const CONNECT_MS = 10_000
const ANSWER_MS = 10_000
const LONGEST_PAUSE_MS = 2_000
/** Messages may be lost with a connection: what there is is compared now and then. */
const LOOK_MS = 10_000
const GOODBYE_MS = 250

/** Frees or prolongs a lock, if it is still one's own. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`
const PROLONG = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`

/** Field of a resolver's hash that holds its account; certificates stand under their names. */
const ACCOUNT = 'account'

/** A lock that is held here. */
interface Held {
  readonly key: string
  readonly id: string
}

/**
 * Accounts and certificates in a Redis that several proxies share. A resolver has a hash, in which each certificate is a
 * field of its own; a number beside it tells that something has changed.
 */
export class RedisStorage implements CertificateStorage {
  readonly where: string
  readonly challenges: SharedChallenges
  readonly #client: Redis
  readonly #prefix: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #watchers = new Set<() => void>()
  readonly #held: HeldLocks<Held>
  #listener: Redis | null = null
  #callOffLook: (() => void) | null = null
  #seen: string | null = null
  #lost: string | null = null

  /** @throws Error where the address can't be used; the message repeats no password */
  constructor(address: string, clock: Clock, log: Logger) {
    const url = URL.parse(address)
    if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
      throw new Error('the storage is no address of a Redis: redis://[user:password@]host[:port][/number][?prefix=…]')
    }
    this.#clock = clock
    this.#log = log
    // The braces keep all keys on one node of a cluster, which scripts need.
    this.#prefix = `{${url.searchParams.get('prefix') ?? 'signalbox'}}:acme`
    this.where = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
    this.#client = this.#connect(url)
    this.#held = new HeldLocks(clock, (locks) =>
      Promise.all([...locks].map(({ key, id }) => this.#client.eval(PROLONG, 1, key, id, LOCK_TTL_MS))),
    )
    this.challenges = {
      put: async (key, answer) =>
        void (await this.#client.set(this.#key('challenge', key), answer, 'PX', CHALLENGE_TTL_MS)),
      get: (key) => this.#client.get(this.#key('challenge', key)),
      remove: async (key) => void (await this.#client.del(this.#key('challenge', key))),
    }
  }

  async read(resolver: string): Promise<ResolverData> {
    return dataOf(await this.#client.hgetall(this.#key('resolver', resolver)))
  }

  async update(resolver: string, change: (data: ResolverData) => ResolverData): Promise<ResolverData> {
    const key = this.#key('resolver', resolver)
    const before = await this.read(resolver)
    const after = change(before)
    if (after === before) return before
    const old = new Map(before.certificates.map((one) => [fieldOf(one), one]))
    const transaction = this.#client.multi()
    if (after.account !== before.account) {
      if (after.account === null) transaction.hdel(key, ACCOUNT)
      else transaction.hset(key, ACCOUNT, JSON.stringify(accountJson(after.account)))
    }
    for (const certificate of after.certificates) {
      const field = fieldOf(certificate)
      if (old.get(field) !== certificate) transaction.hset(key, field, JSON.stringify(certificateJson(certificate)))
      old.delete(field)
    }
    for (const field of old.keys()) transaction.hdel(key, field)
    transaction.incr(this.#key('version'))
    transaction.publish(this.#key('changed'), resolver)
    const results = await transaction.exec()
    const failed = results?.find(([error]) => error !== null)?.[0]
    if (results === null || failed) throw new Error(`${this.where}: ${failed?.message ?? 'nothing was written'}`)
    return after
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    if (this.#listener === null) this.#listen()
    this.#lookLater()
    return () => void this.#watchers.delete(changed)
  }

  async lock(name: string): Promise<StorageLock | null> {
    const key = this.#key('lock', name)
    const id = randomUUID()
    if ((await this.#client.set(key, id, 'PX', LOCK_TTL_MS, 'NX')) === null) return null
    const held: Held = { key, id }
    this.#held.add(held)
    return {
      release: async () => {
        this.#held.delete(held)
        await this.#client.eval(RELEASE, 1, key, id)
      },
    }
  }

  async close(): Promise<void> {
    this.#held.close()
    this.#callOffLook?.()
    this.#watchers.clear()
    this.#listener?.disconnect()
    this.#client.disconnect()
  }

  #key(...parts: readonly string[]): string {
    return [this.#prefix, ...parts].join(':')
  }

  #connect(url: URL): Redis {
    const client = new Redis({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || 6379,
      db: Number(url.pathname.slice(1)) || 0,
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
      family: 0,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: ANSWER_MS,
      disconnectTimeout: GOODBYE_MS,
      maxRetriesPerRequest: 1,
      disableClientInfo: true,
      retryStrategy: (times) => Math.min(LONGEST_PAUSE_MS, 20 * 2 ** Math.min(times, 10)),
    })
    // Of the error only its message is shown: it carries the command, which may hold the password.
    client.on('error', (error: Error) => {
      if (this.#lost !== error.message) {
        this.#log.log('error', 'The storage of certificates is not available', {
          storage: this.where,
          reason: error.message,
        })
      }
      this.#lost = error.message
    })
    client.on('ready', () => {
      this.#lost = null
    })
    return client
  }

  #listen(): void {
    const listener = this.#client.duplicate()
    this.#listener = listener
    listener.on('error', () => undefined)
    listener.on('message', () => this.#tell())
    // Subscriptions are renewed with the connection, and what was said meanwhile is found by the number.
    listener.on('ready', () => void this.#compare())
    listener.subscribe(this.#key('changed')).catch(() => undefined)
  }

  #lookLater(): void {
    this.#callOffLook ??= this.#clock.after(LOOK_MS, () => {
      this.#callOffLook = null
      void this.#compare()
      if (this.#watchers.size > 0) this.#lookLater()
    })
  }

  async #compare(): Promise<void> {
    // Whoever can't be asked is asked again.
    const version = await this.#client.get(this.#key('version')).catch(() => null)
    if (version === null || version === this.#seen) return
    this.#seen = version
    this.#tell()
  }

  #tell(): void {
    for (const changed of [...this.#watchers]) changed()
  }
}

const fieldOf = ({ domain: { main, sans } }: StoredCertificate): string => `certificate:${[main, ...sans].join(',')}`

function dataOf(fields: Readonly<Record<string, string>>): ResolverData {
  const certificates = Object.keys(fields)
    .filter((field) => field.startsWith('certificate:'))
    .sort()
    .map((field) => certificateOf(parsed(fields[field]!)))
    .filter(({ certificate, key }) => certificate !== '' && key !== '')
  const account = fields[ACCOUNT]
  return { account: account === undefined ? null : accountOf(parsed(account)), certificates }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's words repeat a piece of the text, which holds keys.
    throw new Error('what the storage holds is no JSON')
  }
}
