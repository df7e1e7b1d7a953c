import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type Domain, domainOf, namesOf } from '../../../src/compiler/acme/domains.ts'
import type { DueOrder } from '../../../src/compiler/acme/due.ts'
import type { Clock, Logger } from '../../../src/contracts/ports.ts'
import type { Account } from './account.ts'
import { AcmeError } from './acme-error.ts'
import type { Authority } from './authority.ts'
import { type KeyType, keyPem, makeKey } from './keys.ts'
import { type ChallengeSolver, obtain } from './order.ts'
import type { CertificateStorage } from './storage/storage.ts'
import type { ResolverData, StoredCertificate } from './storage/stored-data.ts'

export interface OrderingOptions {
  readonly resolver: string
  readonly keyType: KeyType
  readonly emailAddresses: readonly string[]
  readonly hasCommonName: boolean
  readonly profile: string
  readonly preferredChain: string
  readonly certificateTimeoutMs: number
  readonly storage: CertificateStorage
  readonly account: Account
  readonly authority: Authority
  /** Made when the first order needs them. */
  readonly solvers: () => Promise<readonly ChallengeSolver[]>
  readonly clock: Clock
  readonly log: Logger
}

/** What became of an order; `elsewhere`: another process has it, or is about to. */
export type Ordered = 'done' | 'elsewhere'

/**
 * Orders one certificate, unless another process does.
 * @param renewed the one that it takes the place of
 * @param keep writes it into the storage, before anybody else may look whether it is there
 * @throws AcmeError, ApiError, what the storage or a DNS provider says, or the reason of the signal
 */
export async function orderCertificate(
  order: DueOrder,
  renewed: StoredCertificate | null,
  renewalId: string | null,
  options: OrderingOptions,
  keep: (certificate: StoredCertificate) => Promise<void>,
  signal: AbortSignal,
): Promise<Ordered> {
  const { storage, resolver } = options
  const lock = await storage.lock(`order ${resolver} ${order.key}`)
  if (lock === null) return 'elsewhere'
  try {
    const domain = renewed?.domain ?? domainOf(order.keptAs)
    const there = find(await storage.read(resolver), domain)
    // Another process was quicker.
    const isThere = there !== undefined && there.certificate !== renewed?.certificate
    if (isThere) return 'elsewhere'
    // What can't be kept would be ordered by every process, and again after each start.
    if (renewed === null) await storage.ensureRoom?.()
    await keep(await orderNow(order, domain, renewed, renewalId, options, signal))
    return 'done'
  } finally {
    await lock.release()
  }
}

async function orderNow(
  { names }: DueOrder,
  domain: Domain,
  renewed: StoredCertificate | null,
  renewalId: string | null,
  options: OrderingOptions,
  signal: AbortSignal,
): Promise<StoredCertificate> {
  const { account, authority, clock, log, resolver } = options
  const ports = { authority, signer: await account.signer(signal), solvers: await options.solvers(), clock, log }
  const { key, pem: keyText } = await keyFor(renewed, options.keyType)
  log.log('info', renewed === null ? 'Ordering a certificate' : 'Renewing a certificate', {
    providerName: `${resolver}.acme`,
    domains: names,
  })
  try {
    const chain = await obtain(
      {
        names,
        profile: options.profile,
        replaces: renewed === null ? null : renewalId,
        emailAddresses: options.emailAddresses,
        hasCommonName: options.hasCommonName,
        preferredChain: options.preferredChain,
        certificateTimeoutMs: options.certificateTimeoutMs,
      },
      key,
      ports,
      signal,
    )
    return { domain, certificate: chain, key: keyText, store: renewed?.store ?? 'default' }
  } catch (error) {
    if (error instanceof AcmeError && error.kind === 'accountDoesNotExist') account.forget()
    throw error
  }
}

/** A renewal keeps its key; one that can't be read is replaced. */
async function keyFor(
  renewed: StoredCertificate | null,
  type: KeyType,
): Promise<{ readonly key: KeyObject; readonly pem: string }> {
  if (renewed !== null) {
    try {
      return { key: createPrivateKey(renewed.key), pem: renewed.key }
    } catch {
      // The certificate is renewed as it can't be read: its key neither.
    }
  }
  const key = await makeKey(type)
  return { key, pem: keyPem(key) }
}

const isSameDomain = (a: Domain, b: Domain): boolean => namesOf(a).join(',') === namesOf(b).join(',')

const find = ({ certificates }: ResolverData, domain: Domain): StoredCertificate | undefined =>
  certificates.find((one) => isSameDomain(one.domain, domain))

/** With a certificate in the place of the one for the same names, or at the end. */
export function withCertificate(data: ResolverData, certificate: StoredCertificate): ResolverData {
  const place = data.certificates.findIndex(({ domain }) => isSameDomain(domain, certificate.domain))
  const certificates = place === -1 ? [...data.certificates, certificate] : data.certificates.with(place, certificate)
  return { ...data, certificates }
}
