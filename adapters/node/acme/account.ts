import type { KeyObject } from 'node:crypto'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { AccountBinding, Authority } from './authority.ts'
import type { Signer } from './json-web-signature.ts'
import { accountKeyDer, accountKeyOf, makeKey } from './keys.ts'
import type { CertificateStorage } from './storage/storage.ts'
import type { StoredAccount } from './storage/stored-data.ts'
import { pause } from './waits.ts'

export interface AccountOptions {
  readonly resolver: string
  readonly email: string
  readonly caServer: string
  readonly binding: AccountBinding | null
  readonly storage: CertificateStorage
  readonly authority: Authority
  readonly clock: Clock
  readonly log: Logger
}

/** As Traefik makes them, which reads no others. */
const KEY_TYPE = 'RSA4096'
/** How often it is looked whether another process has made the account by now. */
const LOOK_MS = 500
const LOOKS = 60

/** The account of a resolver: the one that is kept, or one that is made when it is first needed. */
export class Account {
  readonly #options: AccountOptions
  #signer: Promise<Signer> | null = null
  /** The authority does not know the one that is kept. */
  #isUnknown = false

  constructor(options: AccountOptions) {
    this.#options = options
  }

  /** @throws AcmeError, ApiError, or what the storage says */
  signer(signal: AbortSignal): Promise<Signer> {
    this.#signer ??= this.#open(signal).catch((error: unknown) => {
      this.#signer = null
      throw error
    })
    return this.#signer
  }

  /** The authority has forgotten it: it is made anew, with the same key. */
  forget(): void {
    this.#signer = null
    this.#isUnknown = true
  }

  async #open(signal: AbortSignal): Promise<Signer> {
    const { resolver, storage, clock } = this.#options
    for (let left = LOOKS; ; left--) {
      const kept = this.#usable((await storage.read(resolver)).account)
      if (kept !== null && !this.#isUnknown) return kept
      const lock = await storage.lock(`account ${resolver}`)
      if (lock !== null) {
        try {
          return await this.#make(signal)
        } finally {
          await lock.release()
        }
      }
      if (left <= 1) throw new Error('another process does not stop making the account')
      await pause(clock, LOOK_MS, signal)
    }
  }

  /** Null: there is none, or it belongs to another authority. */
  #usable(account: StoredAccount | null): Signer | null {
    if (account?.privateKey == null || account.registration === null) return null
    if (!isOfServer(account.registration.uri, this.#options.caServer)) return null
    return { key: accountKeyOf(account.privateKey), accountUrl: account.registration.uri }
  }

  async #make(signal: AbortSignal): Promise<Signer> {
    const { resolver, storage, authority, email, binding, caServer, log } = this.#options
    const { account: kept } = await storage.read(resolver)
    // Another process may have been quicker.
    const made = this.#usable(kept)
    if (made !== null && !this.#isUnknown) return made
    const key = await this.#key(kept)
    log.log('info', binding === null ? 'Register...' : 'Register with external account binding...', {
      providerName: `${resolver}.acme`,
      caServer,
    })
    const registration = await authority.register(key, email, binding, signal)
    const account: StoredAccount = { email, registration, privateKey: accountKeyDer(key) }
    await storage.update(resolver, (data) => ({ ...data, account }))
    this.#isUnknown = false
    return { key, accountUrl: registration.uri }
  }

  /** The key that is kept serves on, unless it was another authority's. */
  async #key(kept: StoredAccount | null): Promise<KeyObject> {
    const { caServer, log, resolver } = this.#options
    if (kept?.privateKey == null) return makeKey(KEY_TYPE)
    if (kept.registration !== null && !isOfServer(kept.registration.uri, caServer)) {
      log.log('info', 'Account URI does not match the current CAServer. The account will be reset.', {
        providerName: `${resolver}.acme`,
      })
      return makeKey(KEY_TYPE)
    }
    return accountKeyOf(kept.privateKey)
  }
}

/** By the host (Traefik v3.7 `isAccountMatchingCaServer`). */
export function isOfServer(accountUri: string, caServer: string): boolean {
  const [account, server] = [URL.parse(accountUri), URL.parse(caServer)]
  return account !== null && server !== null && account.hostname === server.hostname
}
