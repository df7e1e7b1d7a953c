import { createHash } from 'node:crypto'
import { Environment } from '../../../adapters/node/acme/dns/environment.ts'
import type { DnsProvider, DnsRecord } from '../../../adapters/node/acme/dns/provider.ts'
import { loadDnsProvider } from '../../../adapters/node/acme/dns/registry.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import type { DnsApis } from './server.ts'

/** Nothing of the machine that a test runs on counts. */
const ALONE = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' }

/** A provider of ours before the APIs. @param lines takes what it logs */
export async function providerAt(
  apis: DnsApis,
  code: string,
  variables: Readonly<Record<string, string>>,
  lines: string[] = [],
): Promise<DnsProvider> {
  const create = await loadDnsProvider(code)
  return create({
    env: new Environment({ ...ALONE, ...variables }),
    clock: runtimeClock,
    log: { log: (_, message) => void lines.push(message) },
    resolvers: [apis.nameServer],
    openApi: apis.openApi,
  })
}

/** The record that proves a name by a token. */
export function recordFor(domain: string, token: string, keyAuthorization = `${token}.print`): DnsRecord {
  const value = createHash('sha256').update(keyAuthorization).digest('base64url')
  return { domain, fqdn: `_acme-challenge.${domain}.`, value, token, keyAuthorization }
}

/** The message of what goes wrong. */
export const reasonOf = (task: Promise<unknown>): Promise<string> =>
  task.then(
    () => 'nothing went wrong',
    (error: Error) => error.message,
  )
