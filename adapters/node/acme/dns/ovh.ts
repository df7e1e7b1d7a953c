import { createHash } from 'node:crypto'
import { childOf, textOf } from '../fields.ts'
import { type AccessToken, keptToken, readToken } from './access-token.ts'
import { DnsApi, type DnsApiPorts, type DnsCall } from './api.ts'
import type { Environment } from './environment.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import {
  type CreateDnsProvider,
  DEFAULT_INTERVAL_MS,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_TTL,
  type DnsRecord,
} from './provider.ts'

const PROVIDER = 'ovh'
const HTTP_TIMEOUT_MS = 180_000

const ENDPOINTS: Readonly<Record<string, string>> = {
  'ovh-eu': 'https://eu.api.ovh.com/1.0',
  'ovh-ca': 'https://ca.api.ovh.com/1.0',
  'ovh-us': 'https://api.us.ovhcloud.com/1.0',
  'kimsufi-eu': 'https://eu.api.kimsufi.com/1.0',
  'kimsufi-ca': 'https://ca.api.kimsufi.com/1.0',
  'soyoustart-eu': 'https://eu.api.soyoustart.com/1.0',
  'soyoustart-ca': 'https://ca.api.soyoustart.com/1.0',
}

/** Where tokens of OAuth 2 come from, by the endpoint that they are for. */
const TOKEN_HOSTS: Readonly<Record<string, string>> = {
  'https://eu.api.ovh.com/1.0': 'https://www.ovh.com',
  'https://ca.api.ovh.com/1.0': 'https://ca.ovh.com',
  'https://api.us.ovhcloud.com/1.0': 'https://us.ovhcloud.com',
}

/** What a request says to be allowed. */
type Authorize = (call: DnsCall, signal: AbortSignal) => Promise<Readonly<Record<string, string>>>

/** OVH: by the keys of an application (signed requests), by OAuth 2, or by an access token. */
export const createOvh: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const endpoint = endpointOf(env)
  const timeoutMs = env.seconds(HTTP_TIMEOUT_MS, 'OVH_HTTP_TIMEOUT')
  const secrets = ['APPLICATION_SECRET', 'CONSUMER_KEY', 'CLIENT_SECRET', 'ACCESS_TOKEN'].map((name) =>
    env.text(`OVH_${name}`),
  )
  const api = new DnsApi({ provider: PROVIDER, endpoint, timeoutMs, secrets }, ports)
  const authorize = authorization(env, api, endpoint, { timeoutMs, secrets }, ports)
  const ttl = env.number(DEFAULT_TTL, 'OVH_TTL')
  const findZone = zoneFinder(PROVIDER, resolvers)
  /** Of records that stand, by their content. */
  const recordIds = new Map<string, number>()

  const ask = async ({ json, ...call }: DnsCall, signal: AbortSignal) => {
    const withText = json === undefined ? call : { ...call, text: JSON.stringify(json) }
    const type = json === undefined ? {} : { 'content-type': 'application/json;charset=utf-8' }
    return api.ask({ ...withText, headers: { ...type, ...(await authorize(withText, signal)) } }, signal)
  }

  const placeOf = async (fqdn: string): Promise<{ readonly path: string; readonly subDomain: string }> => {
    const zone = (await findZone(fqdn)).replace(/\.$/, '')
    return { path: `/domain/zone/${encodeURIComponent(zone)}`, subDomain: labelsIn(fqdn, zone) }
  }

  const refresh = async (path: string, signal: AbortSignal): Promise<void> => {
    await ask({ operation: 'refresh the zone', method: 'POST', path: `${path}/refresh` }, signal)
  }

  /** For those whose answer did not arrive. */
  const search = async ({ fqdn, value }: DnsRecord, signal: AbortSignal): Promise<readonly number[]> => {
    const { path, subDomain } = await placeOf(fqdn)
    const query = new URLSearchParams({ fieldType: 'TXT', subDomain }).toString()
    const operation = 'look for the record'
    const answer = await ask({ operation, method: 'GET', path: `${path}/record?${query}` }, signal)
    const ids = answer.json()
    const found: number[] = []
    for (const id of Array.isArray(ids) ? ids.filter(Number.isInteger) : []) {
      const one = await ask({ operation, method: 'GET', path: `${path}/record/${id}`, accept: [404] }, signal)
      if (textOf(one.json(), 'target').replace(/^"|"$/g, '') === value) found.push(id)
    }
    return found
  }

  return {
    async present({ fqdn, value }, signal) {
      const { path, subDomain } = await placeOf(fqdn)
      const json = { fieldType: 'TXT', subDomain, target: value, ttl }
      const answer = await ask({ operation: 'create the record', method: 'POST', path: `${path}/record`, json }, signal)
      const id = childOf(answer.json(), 'id')
      if (typeof id !== 'number') throw answer.complaint('the answer names no record')
      recordIds.set(value, id)
      await refresh(path, signal)
    },
    async cleanUp(record, signal) {
      const known = recordIds.get(record.value)
      const ids = known === undefined ? await search(record, signal) : [known]
      if (ids.length === 0) return
      const { path } = await placeOf(record.fqdn)
      for (const id of ids) {
        const operation = 'delete the record'
        await ask({ operation, method: 'DELETE', path: `${path}/record/${id}`, accept: [404] }, signal)
      }
      recordIds.delete(record.value)
      await refresh(path, signal)
    },
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, 'OVH_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'OVH_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

function endpointOf(env: Environment): string {
  const name = env.text('OVH_ENDPOINT') || 'ovh-eu'
  if (name.endsWith('/')) throw new Error('ovh: OVH_ENDPOINT must not end with a slash')
  if (name.includes('/')) return name
  if (Object.hasOwn(ENDPOINTS, name)) return ENDPOINTS[name]!
  throw new Error(
    `ovh: unknown OVH_ENDPOINT ${JSON.stringify(name)}: a URL, or one of ${Object.keys(ENDPOINTS).join(', ')}`,
  )
}

function authorization(
  env: Environment,
  api: DnsApi,
  endpoint: string,
  options: { readonly timeoutMs: number; readonly secrets: readonly string[] },
  ports: DnsApiPorts,
): Authorize {
  const text = (name: string): string => env.text(`OVH_${name}`)
  const [key, secret, consumer] = [text('APPLICATION_KEY'), text('APPLICATION_SECRET'), text('CONSUMER_KEY')]
  const [clientId, clientSecret, token] = [text('CLIENT_ID'), text('CLIENT_SECRET'), text('ACCESS_TOKEN')]
  const isSigned = key !== '' || secret !== '' || consumer !== ''
  const isOAuth = clientId !== '' || clientSecret !== ''
  if ([isSigned, isOAuth, token !== ''].filter(Boolean).length > 1) {
    throw new Error('ovh: only one of application keys, OAuth 2 (OVH_CLIENT_ID) and OVH_ACCESS_TOKEN can be used')
  }
  if (isSigned) {
    env.neededAll(PROVIDER, ['OVH_APPLICATION_KEY'], ['OVH_APPLICATION_SECRET'], ['OVH_CONSUMER_KEY'])
    return signed({ key, secret, consumer }, api, endpoint, ports)
  }
  if (isOAuth) {
    env.neededAll(PROVIDER, ['OVH_CLIENT_ID'], ['OVH_CLIENT_SECRET'])
    const host = TOKEN_HOSTS[endpoint]
    if (host === undefined) throw new Error('ovh: OAuth 2 is not possible with this OVH_ENDPOINT')
    const tokens = new DnsApi(
      { provider: PROVIDER, endpoint: host, said: (content) => textOf(content, 'error_description'), ...options },
      ports,
    )
    const kept = keptToken(
      (signal) => clientToken(tokens, clientId, clientSecret, ports, signal),
      () => ports.clock.date(),
    )
    return async (_, signal) => ({ authorization: `Bearer ${await kept(signal)}` })
  }
  if (token === '') {
    throw new Error(
      'ovh: some credentials information are missing: OVH_APPLICATION_KEY,OVH_APPLICATION_SECRET,OVH_CONSUMER_KEY, or OVH_CLIENT_ID,OVH_CLIENT_SECRET, or OVH_ACCESS_TOKEN',
    )
  }
  return async () => ({ authorization: `Bearer ${token}` })
}

interface Keys {
  readonly key: string
  readonly secret: string
  readonly consumer: string
}

/** Signatures hold the time of the other side: it is asked for once. */
function signed({ key, secret, consumer }: Keys, api: DnsApi, endpoint: string, { clock }: DnsApiPorts): Authorize {
  let aheadSeconds: number | null = null
  const seconds = (): number => Math.floor(clock.date().getTime() / 1000)
  return async ({ method, path, text = '' }, signal) => {
    if (aheadSeconds === null) {
      const headers = { 'x-ovh-application': key }
      const call = { operation: 'ask for the time', method: 'GET', path: '/auth/time', headers } as const
      const answer = await api.ask(call, signal)
      const time = answer.json()
      if (typeof time !== 'number') throw answer.complaint('the answer is no time')
      aheadSeconds = time - seconds()
    }
    const time = String(seconds() + aheadSeconds)
    const content = [secret, consumer, method, `${endpoint}${path}`, text, time].join('+')
    return {
      'x-ovh-application': key,
      'x-ovh-consumer': consumer,
      'x-ovh-timestamp': time,
      'x-ovh-signature': `$1$${createHash('sha1').update(content).digest('hex')}`,
    }
  }
}

async function clientToken(
  api: DnsApi,
  id: string,
  secret: string,
  { clock }: DnsApiPorts,
  signal: AbortSignal,
): Promise<AccessToken> {
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
  const answer = await api.ask(
    {
      operation: 'get an access token',
      method: 'POST',
      path: '/auth/oauth2/token',
      form: { grant_type: 'client_credentials', scope: 'all' },
      headers: { authorization: `Basic ${basic}` },
    },
    signal,
  )
  return readToken(answer, clock.date())
}
