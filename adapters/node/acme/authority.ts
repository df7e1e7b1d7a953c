import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../../src/contracts/ports.ts'
import { AcmeError, problemOf } from './acme-error.ts'
import { type AcmeAnswer, type AuthorityClient, neededText } from './authority-client.ts'
import { childOf, listOf, textOf, textsOf } from './fields.ts'
import { accountBinding, base64url, type Signer } from './json-web-signature.ts'

/** What the authority offers, and where (RFC 8555 §7.1.1). */
export interface Directory {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  /** RFC 9773; empty: it does not say when to renew. */
  readonly renewalInfo: string
  readonly hasProfiles: boolean
  readonly profiles: readonly string[]
}

/** An account as `acme.json` keeps it. */
export interface Registration {
  readonly body: Readonly<Record<string, unknown>>
  readonly uri: string
}

export interface AccountBinding {
  readonly kid: string
  /** base64url */
  readonly hmac: string
}

export interface Order {
  readonly url: string
  readonly status: string
  readonly authorizations: readonly string[]
  readonly finalize: string
  /** Empty until it is issued. */
  readonly certificate: string
  /** What is wrong with it; null: nothing. */
  readonly problem: AcmeError | null
  readonly retryAfterMs: number | null
}

export interface Challenge {
  readonly type: string
  readonly url: string
  readonly token: string
  readonly status: string
  readonly problem: AcmeError | null
}

/** What proves that a name is ours (RFC 8555 §7.1.4). */
export interface Authorization {
  readonly url: string
  /** Without the asterisk of a wildcard. */
  readonly name: string
  readonly isWildcard: boolean
  readonly status: string
  readonly challenges: readonly Challenge[]
  readonly retryAfterMs: number | null
}

export interface NewOrder {
  readonly names: readonly string[]
  /** Empty: the authority's choice. */
  readonly profile: string
  /** The certificate that it takes the place of (RFC 9773 §5). */
  readonly replaces: string | null
}

/** When the authority wants a certificate to be renewed (RFC 9773 §4.2). */
export interface RenewalInfo {
  readonly start: Date
  readonly end: Date
  /** Until it is to be asked again; null: it did not say. */
  readonly retryAfterMs: number | null
  /** Why; empty: it did not say. */
  readonly explanationUrl: string
}

/** More names than an order may have. */
const MOST_AUTHORIZATIONS = 200
/** Longer ones do not come from an authority (RFC 8555 §8.1): they become paths and names of files. */
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/
const DIRECTORY_KEPT_MS = 3600 * 1000

/** The operations of an authority; each rejects with `AcmeError` or `ApiError`. */
export class Authority {
  readonly #url: string
  readonly #client: AuthorityClient
  readonly #clock: Clock
  #directory: { readonly value: Directory; readonly readAt: number } | null = null

  constructor(url: string, client: AuthorityClient, clock: Clock) {
    this.#url = url
    this.#client = client
    this.#clock = clock
  }

  /** Read again after an hour: authorities change what they offer. */
  async directory(signal: AbortSignal): Promise<Directory> {
    const known = this.#directory
    const now = this.#clock.now()
    if (known !== null && now - known.readAt < DIRECTORY_KEPT_MS) return known.value
    const document = (await this.#client.get(this.#url, signal)).json()
    const meta = childOf(document, 'meta')
    const profiles = childOf(meta, 'profiles')
    const isMap = typeof profiles === 'object' && profiles !== null
    const value: Directory = {
      newNonce: neededText(document, 'newNonce', 'the directory'),
      newAccount: neededText(document, 'newAccount', 'the directory'),
      newOrder: neededText(document, 'newOrder', 'the directory'),
      renewalInfo: textOf(document, 'renewalInfo'),
      hasProfiles: isMap,
      profiles: isMap ? Object.keys(profiles) : [],
    }
    this.#directory = { value, readAt: now }
    return value
  }

  /**
   * Makes an account for a key, or finds the one there is.
   * @param email empty: without a contact
   */
  async register(
    key: KeyObject,
    email: string,
    binding: AccountBinding | null,
    signal: AbortSignal,
  ): Promise<Registration> {
    const { newAccount, newNonce } = await this.directory(signal)
    const payload = {
      termsOfServiceAgreed: true,
      ...(email === '' ? {} : { contact: [`mailto:${email}`] }),
      ...(binding === null
        ? {}
        : { externalAccountBinding: accountBinding(key, binding.kid, binding.hmac, newAccount) }),
    }
    const answer = await this.#client.post(newAccount, payload, { key, accountUrl: null }, newNonce, signal)
    const document = answer.json()
    const status = textOf(document, 'status')
    if (status !== 'valid') throw new AcmeError('', null, `the account is ${status || 'of no status'}`, null)
    if (answer.location === '') throw new AcmeError('', null, 'the authority gives the account no URL', null)
    const contact = textsOf(document, 'contact')
    return { body: { status, ...(contact.length === 0 ? {} : { contact }) }, uri: answer.location }
  }

  async newOrder({ names, profile, replaces }: NewOrder, signer: Signer, signal: AbortSignal): Promise<Order> {
    const directory = await this.directory(signal)
    if (profile !== '' && directory.hasProfiles && !directory.profiles.includes(profile)) {
      const offered = directory.profiles.join(', ')
      throw new AcmeError('invalidProfile', null, `the authority has no profile "${profile}", but ${offered}`, null)
    }
    const payload = {
      identifiers: names.map((value) => ({ type: 'dns', value })),
      ...(profile === '' ? {} : { profile }),
      ...(replaces === null ? {} : { replaces }),
    }
    const answer = await this.#client.post(directory.newOrder, payload, signer, directory.newNonce, signal)
    if (answer.location === '') throw new AcmeError('', null, 'the authority gives the order no URL', null)
    return orderOf(answer.location, answer)
  }

  async order(url: string, signer: Signer, signal: AbortSignal): Promise<Order> {
    return orderOf(url, await this.#post(url, null, signer, signal))
  }

  /** @param csr DER */
  async finalise({ url, finalize }: Order, csr: Buffer, signer: Signer, signal: AbortSignal): Promise<Order> {
    return orderOf(url, await this.#post(finalize, { csr: base64url(csr) }, signer, signal))
  }

  async authorization(url: string, signer: Signer, signal: AbortSignal): Promise<Authorization> {
    return authorizationOf(url, await this.#post(url, null, signer, signal))
  }

  /** Nobody has to prove any more what it is about. */
  async deactivate(url: string, signer: Signer, signal: AbortSignal): Promise<void> {
    await this.#post(url, { status: 'deactivated' }, signer, signal)
  }

  /** The authority may look. */
  async answerChallenge(url: string, signer: Signer, signal: AbortSignal): Promise<void> {
    await this.#post(url, {}, signer, signal)
  }

  /** The chain as PEM, and where others for the same certificate are. */
  async chain(
    url: string,
    signer: Signer,
    signal: AbortSignal,
  ): Promise<{ readonly pem: string; readonly alternates: readonly string[] }> {
    const answer = await this.#post(url, null, signer, signal)
    const text = answer.text()
    if (!text.includes('-----BEGIN CERTIFICATE-----')) {
      throw new AcmeError('', null, 'the authority’s certificate is no PEM text', null)
    }
    return { pem: text, alternates: answer.alternates }
  }

  /** @param id as `certificateId` makes it; null: the authority does not say when to renew */
  async renewalInfo(id: string, signal: AbortSignal): Promise<RenewalInfo | null> {
    const { renewalInfo } = await this.directory(signal)
    if (renewalInfo === '') return null
    const answer = await this.#client.get(`${renewalInfo.replace(/\/+$/, '')}/${id}`, signal)
    const document = answer.json()
    const window = childOf(document, 'suggestedWindow')
    const start = new Date(textOf(window, 'start'))
    const end = new Date(textOf(window, 'end'))
    if (!(start.getTime() <= end.getTime())) {
      throw new AcmeError('', null, 'the authority’s window for the renewal can’t be read', null)
    }
    return { start, end, retryAfterMs: answer.retryAfterMs, explanationUrl: textOf(document, 'explanationURL') }
  }

  async #post(url: string, payload: unknown | null, signer: Signer, signal: AbortSignal): Promise<AcmeAnswer> {
    const { newNonce } = await this.directory(signal)
    return this.#client.post(url, payload, signer, newNonce, signal)
  }
}

function orderOf(url: string, answer: AcmeAnswer): Order {
  const document = answer.json()
  const error = childOf(document, 'error')
  return {
    url,
    status: textOf(document, 'status'),
    authorizations: textsOf(document, 'authorizations').slice(0, MOST_AUTHORIZATIONS),
    finalize: textOf(document, 'finalize'),
    certificate: textOf(document, 'certificate'),
    problem: error === undefined ? null : problemOf('the order', error, null, answer.retryAfterMs),
    retryAfterMs: answer.retryAfterMs,
  }
}

function authorizationOf(url: string, answer: AcmeAnswer): Authorization {
  const document = answer.json()
  const name = textOf(childOf(document, 'identifier'), 'value')
  return {
    url,
    name,
    isWildcard: childOf(document, 'wildcard') === true,
    status: textOf(document, 'status'),
    challenges: listOf(document, 'challenges').map((challenge) => challengeOf(name, challenge)),
    retryAfterMs: answer.retryAfterMs,
  }
}

function challengeOf(name: string, challenge: unknown): Challenge {
  const token = textOf(challenge, 'token')
  const error = childOf(challenge, 'error')
  return {
    type: textOf(challenge, 'type'),
    url: textOf(challenge, 'url'),
    token: TOKEN.test(token) ? token : '',
    status: textOf(challenge, 'status'),
    problem: error === undefined ? null : problemOf(`${name}: ${textOf(challenge, 'type')}`, error, null, null),
  }
}
