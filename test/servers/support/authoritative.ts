// Run in a network namespace of its own, where port 53 is free: what the servers of a zone are asked, and what they say.
import { execFileSync } from 'node:child_process'
import { Environment } from '../../../adapters/node/acme/dns/environment.ts'
import { waitForRecord } from '../../../adapters/node/acme/dns/propagation.ts'
import { createRfc2136 } from '../../../adapters/node/acme/dns/rfc2136.ts'
import { createApiClient } from '../../../adapters/node/providers/api-client/client.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { Bind } from './bind.ts'

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const bind = await Bind.start('zone.test', 'hmac-sha256', 53)
const log = { log: () => undefined }
const env = new Environment({ RFC2136_NAMESERVER: '127.0.0.1', RFC2136_TSIG_FILE: bind.keyFile })
const provider = createRfc2136({ env, clock: runtimeClock, log, resolvers: [], openApi: createApiClient })
const record = {
  domain: 'deep.x.zone.test',
  fqdn: '_acme-challenge.deep.x.zone.test.',
  value: 'v',
  token: 't',
  keyAuthorization: 'k',
}
const signal = AbortSignal.timeout(30_000)
const options = {
  resolvers: ['127.0.0.1'],
  disableChecks: false,
  disableANSChecks: false,
  requireAllRNS: false,
  delayMs: 0,
}

const seen = (fqdn: string, more: Partial<typeof options> = {}) =>
  waitForRecord(
    { fqdn, value: 'v' },
    { timeoutMs: 500, intervalMs: 100 },
    { ...options, ...more },
    runtimeClock,
    signal,
  ).then(
    () => 'seen',
    (error: Error) => error.message,
  )

const outcomes = {
  before: await seen(record.fqdn),
  unchecked: await seen(record.fqdn, { disableChecks: true }),
  after: '',
  elsewhere: '',
}
await provider.present(record, signal)
outcomes.after = await seen(record.fqdn)
outcomes.elsewhere = await seen('_acme-challenge.elsewhere.test.')
console.log(JSON.stringify(outcomes))
await bind.stop()
process.exit(0)
