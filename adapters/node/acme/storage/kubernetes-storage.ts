import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { textOf } from '../fields.ts'
import { bytesOf, type Entries, SECRET_BYTES, SecretEntries } from './secret-entries.ts'
import { SecretLocks } from './secret-locks.ts'
import type { CertificateStorage, SharedChallenges, StorageLock } from './storage.ts'
import {
  accountJson,
  accountOf,
  certificateText,
  entryName,
  plainCertificateOf,
  type ResolverData,
  type StoredAccount,
  type StoredCertificate,
} from './stored-data.ts'

/** So much must be free for a certificate that is not there yet: one of the longest keys and chains. */
const ROOM_BYTES = 16 * 1024
/** Of an entry, unpacked. */
const MAX_ENTRY_BYTES = 1024 * 1024

const ACCOUNT = 'account'
const CERTIFICATE = 'certificate'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** What an entry says; null: it is none of a resolver's. */
type Read =
  | { readonly resolver: string; readonly account: StoredAccount | null }
  | { readonly resolver: string; readonly certificate: StoredCertificate }
  | null

export interface KubernetesStorageOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where Kubernetes puts the credentials of a Pod. */
  readonly serviceAccount: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Accounts and certificates in a Secret that the replicas of a proxy share: one packed entry each. Locks and answers to
 * challenges change often and stand in a Secret beside it, so that the large one does not.
 */
export class KubernetesStorage implements CertificateStorage {
  readonly where: string
  readonly challenges: SharedChallenges
  readonly #log: Logger
  readonly #entries: SecretEntries
  readonly #others: SecretEntries
  readonly #locks: SecretLocks
  readonly #watchers = new Set<() => void>()
  readonly #closing = new AbortController()
  #isFollowed = false
  #lost: string | null = null
  /** What entries say, by name; they are the same objects as long as their texts are the same. */
  #known = new Map<string, { readonly value: string; readonly read: Read }>()
  #last: Entries = new Map()

  /** @throws Error where the address names no Secret */
  constructor(address: string, { env, serviceAccount, clock, log }: KubernetesStorageOptions) {
    const [, namespace, name] = ADDRESS.exec(address) ?? []
    if (namespace === undefined || name === undefined) {
      throw new Error(`${address} names no Secret: kubernetes://NAMESPACE/SECRET, in lower case`)
    }
    this.where = address
    this.#log = log
    const names = [name, `${name}-locks`]
    const shared = {
      namespace,
      names,
      env,
      serviceAccount,
      clock,
      full: (bytes: number, entries: Entries) => full(this.where, bytes, entries),
    }
    this.#entries = new SecretEntries({ ...shared, name })
    this.#others = new SecretEntries({ ...shared, name: `${name}-locks` })
    this.#locks = new SecretLocks(this.#others, clock)
    this.challenges = this.#locks
  }

  async read(resolver: string): Promise<ResolverData> {
    return this.#dataOf(await this.#entries.read(), resolver)
  }

  async update(resolver: string, change: (data: ResolverData) => ResolverData): Promise<ResolverData> {
    let after: ResolverData | null = null
    await this.#entries.change(async (entries) => {
      const before = await this.#dataOf(entries, resolver)
      after = change(before)
      if (after === before) return
      if (after.account !== before.account) await this.#setAccount(entries, resolver, after.account)
      const old = new Map(before.certificates.map((one) => [entryOf(resolver, one), one]))
      for (const certificate of after.certificates) {
        const entry = entryOf(resolver, certificate)
        if (old.get(entry) !== certificate) {
          entries.set(entry, await packed({ resolver, ...certificateText(certificate) }))
        }
        old.delete(entry)
      }
      for (const entry of old.keys()) entries.delete(entry)
    })
    return after!
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed)
    if (!this.#isFollowed) {
      this.#isFollowed = true
      void this.#entries.follow(
        () => this.#tell(),
        (error) => this.#complain(error),
        this.#closing.signal,
      )
    }
    return () => void this.#watchers.delete(changed)
  }

  lock(name: string): Promise<StorageLock | null> {
    return this.#locks.take(name)
  }

  async ensureRoom(): Promise<void> {
    const bytes = bytesOf(this.#last)
    if (bytes + ROOM_BYTES > SECRET_BYTES) throw new Error(full(this.where, bytes, this.#last))
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('closed'))
    this.#watchers.clear()
    this.#locks.close()
    this.#entries.close()
    this.#others.close()
  }

  #tell(): void {
    this.#lost = null
    for (const changed of [...this.#watchers]) changed()
  }

  #complain({ message }: Error): void {
    if (this.#lost !== message) {
      this.#log.log('error', 'The storage of certificates is not available', { storage: this.where, reason: message })
    }
    this.#lost = message
  }

  async #setAccount(entries: Map<string, string>, resolver: string, account: StoredAccount | null): Promise<void> {
    const entry = entryName(ACCOUNT, resolver)
    if (account === null) entries.delete(entry)
    else entries.set(entry, await packed({ resolver, ...accountJson(account) }))
  }

  async #dataOf(entries: Entries, resolver: string): Promise<ResolverData> {
    const known = new Map<string, { readonly value: string; readonly read: Read }>()
    for (const [name, value] of entries) {
      const before = this.#known.get(name)
      known.set(name, before?.value === value ? before : { value, read: await this.#read(name, value) })
    }
    this.#known = known
    this.#last = entries
    let account: StoredAccount | null = null
    const certificates: StoredCertificate[] = []
    for (const { read } of known.values()) {
      if (read === null || read.resolver !== resolver) continue
      if ('account' in read) account = read.account
      else certificates.push(read.certificate)
    }
    return { account, certificates }
  }

  /** @throws Error that names the entry, without any of its content */
  async #read(name: string, value: string): Promise<Read> {
    const [kind] = name.split('.', 1)
    // What else somebody keeps there is left alone.
    if (kind !== ACCOUNT && kind !== CERTIFICATE) return null
    let document: unknown
    try {
      document = JSON.parse((await unpack(Buffer.from(value, 'base64'), UNPACK_LIMIT)).toString('utf8'))
    } catch {
      // The parser's words repeat a piece of the text, which holds keys.
      throw new Error(`the entry ${name} of ${this.where} is no packed JSON`)
    }
    const resolver = textOf(document, 'resolver')
    if (kind === ACCOUNT) return { resolver, account: accountOf(document) }
    const certificate = plainCertificateOf(document)
    return certificate.certificate === '' || certificate.key === '' ? null : { resolver, certificate }
  }
}

/** Names of namespaces and Secrets (RFC 1123), short enough for the one beside it. */
const ADDRESS = /^kubernetes:\/\/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9](?:[-.a-z0-9]{0,240}[a-z0-9])?)$/

const UNPACK_LIMIT = { maxOutputLength: MAX_ENTRY_BYTES }

const entryOf = (resolver: string, { domain: { main, sans } }: StoredCertificate): string =>
  entryName(CERTIFICATE, JSON.stringify([resolver, main, ...sans]))

const packed = async (value: object): Promise<string> =>
  (await pack(Buffer.from(JSON.stringify(value)), { level: 9 })).toString('base64')

function full(where: string, bytes: number, entries: Entries): string {
  const count = [...entries.keys()].filter((name) => name.startsWith(`${CERTIFICATE}.`)).length
  const sizes = `${count} certificates, ${Math.ceil(bytes / 1024)} KiB, and no Secret holds more than ${SECRET_BYTES / 1024}`
  return `${where} is full: ${sizes}; put more names on one certificate, use keys of the type EC256, or give each resolver a Secret of its own`
}
