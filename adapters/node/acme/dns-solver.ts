import { createHash } from 'node:crypto'
import type { Clock } from '../../../src/contracts/ports.ts'
import { followAliases, resolverOf } from './dns/name-servers.ts'
import { type PropagationOptions, waitForRecord } from './dns/propagation.ts'
import type { DnsProvider, DnsRecord } from './dns/provider.ts'
import type { AskedChallenge, ChallengeSolver, TakeAway } from './order.ts'

/** How long an authority may take to look. */
const LOOK_MS = 60_000

/** DNS-01 (RFC 8555 §8.4): a TXT record by a provider, and the wait until everybody sees it. */
export class DnsSolver implements ChallengeSolver {
  readonly type = 'dns-01'
  readonly timeoutMs = LOOK_MS
  readonly #provider: DnsProvider
  readonly #propagation: PropagationOptions
  readonly #followsAliases: boolean
  readonly #clock: Clock

  constructor(provider: DnsProvider, propagation: PropagationOptions, followsAliases: boolean, clock: Clock) {
    this.#provider = provider
    this.#propagation = propagation
    this.#followsAliases = followsAliases
    this.#clock = clock
  }

  get sequenceMs(): number | null {
    return this.#provider.sequenceMs
  }

  async present(
    { name, token, keyAuthorization }: AskedChallenge,
    signal: AbortSignal,
    laid: (takeAway: TakeAway) => void,
  ): Promise<void> {
    const written = `_acme-challenge.${name}.`
    const fqdn = this.#followsAliases
      ? await followAliases(written, await resolverOf(this.#propagation.resolvers))
      : written
    const value = createHash('sha256').update(keyAuthorization).digest('base64url')
    const record: DnsRecord = { domain: name, fqdn, value, token, keyAuthorization }
    // A provider that fails may have done half of it.
    laid((limit) => this.#provider.cleanUp(record, limit))
    await this.#provider.present(record, signal)
    await waitForRecord(record, this.#provider, this.#propagation, this.#clock, signal)
  }
}
