import { isIP } from 'node:net'
import { attributeOf, childOf, parseXml, type XmlElement } from '../../../../src/compiler/discovery/ecs/xml.ts'
import { proxyFromEnvironment } from '../../upstream/outbound-proxy.ts'
import { type DnsAnswer, DnsApi } from './api.ts'
import type { Environment } from './environment.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_TTL, type DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const HOST = 'api.namecheap.com'
const SANDBOX_HOST = 'api.sandbox.namecheap.com'
/** Says under which address requests come: the API wants to hear it. */
const ADDRESS_HOST = 'dynamicdns.park-your-domain.com'
const PATH = '/xml.response'
const TIMEOUT_MS = 3600_000
const INTERVAL_MS = 15_000
const HTTP_TIMEOUT_MS = 60_000
const PROVIDER = 'namecheap'

/** A host as the API lists it; all of a domain are written at once. */
interface Host {
  readonly name: string
  readonly type: string
  readonly address: string
  readonly mxPref: string
  readonly ttl: string
}

/** Namecheap. Hosts of a domain are read, changed and written as a whole. */
export const createNamecheap: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const [user = '', key = ''] = env.neededAll(PROVIDER, ['NAMECHEAP_API_USER'], ['NAMECHEAP_API_KEY'])
  const ttl = env.number(DEFAULT_TTL, 'NAMECHEAP_TTL')
  const timeoutMs = env.seconds(HTTP_TIMEOUT_MS, 'NAMECHEAP_HTTP_TIMEOUT')
  const apiAt = (host: string): DnsApi =>
    new DnsApi(
      {
        provider: PROVIDER,
        endpoint: `https://${host}`,
        timeoutMs,
        headers: { accept: '*/*' },
        secrets: [key],
        client: proxyTo(host, env),
      },
      ports,
    )
  const api = apiAt(env.flag(false, 'NAMECHEAP_SANDBOX') ? SANDBOX_HOST : HOST)
  const addresses = apiAt(ADDRESS_HOST)
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()
  let ownAddress = ''

  const parametersOf = async (command: string, zone: string, signal: AbortSignal): Promise<Record<string, string>> => {
    if (ownAddress === '') {
      const answer = await addresses.ask({ operation: 'find the own address', method: 'GET', path: '/getip' }, signal)
      const address = answer.text().trim()
      if (isIP(address) === 0) throw answer.complaint('the answer is no address')
      ownAddress = address
    }
    const cut = zone.indexOf('.')
    return {
      ApiUser: user,
      ApiKey: key,
      UserName: user,
      Command: `namecheap.domains.dns.${command}`,
      ClientIp: ownAddress,
      SLD: zone.slice(0, cut),
      TLD: zone.slice(cut + 1),
    }
  }

  const write = async (zone: string, hosts: readonly Host[], mail: string, signal: AbortSignal): Promise<void> => {
    const form = await parametersOf('setHosts', zone, signal)
    // Where it is left out, forwarding of mail is switched off.
    if (mail !== '') form.EmailType = mail
    for (const [at, host] of hosts.entries()) {
      form[`HostName${at + 1}`] = host.name
      form[`RecordType${at + 1}`] = host.type
      form[`Address${at + 1}`] = host.address
      form[`MXPref${at + 1}`] = host.mxPref
      form[`TTL${at + 1}`] = host.ttl
    }
    const answer = await api.ask({ operation: 'write the hosts', method: 'POST', path: PATH, form }, signal)
    const result = resultOf(answer, 'DomainDNSSetHostsResult')
    if (attributeOf(result, 'IsSuccess') !== 'true') throw answer.complaint('setHosts failed')
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zone = (await findZone(fqdn)).replace(/\.$/, '')
    const name = labelsIn(fqdn, zone)
    await turns.take(zone, signal, async () => {
      const query = await parametersOf('getHosts', zone, signal)
      const answer = await api.ask({ operation: 'read the hosts', method: 'GET', path: PATH, query }, signal)
      const result = resultOf(answer, 'DomainDNSGetHostsResult')
      const present = hostsOf(answer, result)
      const isOurs = (host: Host): boolean => host.name === name && host.type === 'TXT' && host.address === value
      const others = present.filter((host) => !isOurs(host))
      if (!isNew && others.length === present.length) return
      const own = { name, type: 'TXT', address: value, mxPref: '10', ttl: String(ttl) }
      await write(zone, isNew ? [...others, own] : others, attributeOf(result, 'EmailType'), signal)
    })
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'NAMECHEAP_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'NAMECHEAP_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

/** @throws DnsApiError with what the API says, or where there is no such result */
function resultOf(answer: DnsAnswer, name: string): XmlElement {
  const root = parseXml(answer.text())
  if (root?.name !== 'ApiResponse') throw answer.complaint('the answer is none of this API')
  const error = childOf(root, 'Errors')?.children[0]
  if (error !== undefined) throw answer.complaint(`${error.text.trim()} [${attributeOf(error, 'Number')}]`)
  const result = childOf(childOf(root, 'CommandResponse'), name)
  if (result === null || attributeOf(root, 'Status') !== 'OK') throw answer.complaint(`the answer has no ${name}`)
  return result
}

/** What is not understood must not be written back: it would be lost. */
function hostsOf(answer: DnsAnswer, result: XmlElement): readonly Host[] {
  return result.children.map((element) => {
    const host = {
      name: attributeOf(element, 'Name'),
      type: attributeOf(element, 'Type'),
      address: attributeOf(element, 'Address'),
      mxPref: attributeOf(element, 'MXPref'),
      ttl: attributeOf(element, 'TTL'),
    }
    const isWhole = element.name.toLowerCase() === 'host' && host.name !== '' && host.type !== '' && host.address !== ''
    if (!isWhole) throw answer.complaint('the answer lists a host that can’t be read')
    return host
  })
}

/** `NAMECHEAP_HTTPS_PROXY` and `NAMECHEAP_NO_PROXY` go over the variables without a prefix. */
function proxyTo(host: string, env: Environment): { readonly proxyUrl?: string; readonly isDirect?: boolean } {
  const variables = Object.fromEntries(
    ['HTTPS_PROXY', 'NO_PROXY'].map((name) => {
      const lower = name.toLowerCase()
      return [name, env.text(`NAMECHEAP_${name}`, `namecheap_${lower}`, name, lower)]
    }),
  )
  const proxy = proxyFromEnvironment(variables)('https', host, 443)
  return proxy === null ? { isDirect: true } : { proxyUrl: variables.HTTPS_PROXY! }
}
