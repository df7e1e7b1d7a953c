import { type CreateDnsProvider, DEFAULT_TTL } from './provider.ts'

/** People are slower than machines. */
const TIMEOUT_MS = 3600_000
const INTERVAL_MS = 10_000

/** Somebody who reads the log puts records by hand; it goes on once they are seen. */
export const createManual: CreateDnsProvider = ({ env, log }) => ({
  async present({ fqdn, value }) {
    log.log('warn', `Please create this record: ${fqdn} ${DEFAULT_TTL} IN TXT ${JSON.stringify(value)}`)
  },
  async cleanUp({ fqdn, value }) {
    log.log('warn', `This record can be removed: ${fqdn} IN TXT ${JSON.stringify(value)}`)
  },
  timeoutMs: env.seconds(TIMEOUT_MS, 'MANUAL_PROPAGATION_TIMEOUT'),
  intervalMs: env.seconds(INTERVAL_MS, 'MANUAL_POLLING_INTERVAL'),
  sequenceMs: null,
})
