import { escapedXml } from '../../../src/compiler/discovery/ecs/xml.ts'
import type { RecordStore } from './record-store.ts'
import type { Api, ApiReply } from './server.ts'

export const NAMECHEAP_KEY = 'namecheap-key'

/** Hosts of the domain that must outlive each change. */
const OTHERS = [
  { Name: '@', Type: 'A', Address: '192.0.2.1', MXPref: '10', TTL: '1800' },
  { Name: 'quoted', Type: 'TXT', Address: 'a "quoted" & <strange> text', MXPref: '10', TTL: '1799' },
]

const respond = (status: string, content: string): ApiReply => ({
  text: `<?xml version="1.0" encoding="utf-8"?>\n<ApiResponse Status="${status}" xmlns="http://api.namecheap.com/xml.response">${content}</ApiResponse>`,
})
const refuse = (number: number, said: string): ApiReply =>
  respond('ERROR', `<Errors><Error Number="${number}">${said}</Error></Errors><Warnings />`)

export const namecheap: Api = ({ method, query, body }, store) => {
  const form = method === 'GET' ? query : new URLSearchParams(body)
  if (form.get('ApiKey') !== NAMECHEAP_KEY)
    return refuse(1011102, 'API Key is invalid or API access has not been enabled')
  if (form.get('ClientIp') !== '192.0.2.77') return refuse(1011150, 'Invalid request IP: 192.0.2.77')
  if (form.get('SLD') !== 'zone' || form.get('TLD') !== 'test') return refuse(2019166, 'Domain name not found')
  if (form.get('Command') === 'namecheap.domains.dns.getHosts') {
    const own = store.all.map(({ name, value, ttl }) => ({
      Name: name.replace('.zone.test', ''),
      Type: 'TXT',
      Address: value,
      MXPref: '10',
      TTL: String(ttl),
    }))
    const hosts = [...OTHERS, ...own].map(
      (host, at) =>
        `<host HostId="${at}" ${Object.entries(host)
          .map(([name, value]) => `${name}="${escapedXml(value)}"`)
          .join(' ')} IsActive="true" />`,
    )
    return respond(
      'OK',
      `<Errors /><CommandResponse Type="x"><DomainDNSGetHostsResult Domain="zone.test" EmailType="FWD" IsUsingOurDNS="true">${hosts.join('')}</DomainDNSGetHostsResult></CommandResponse>`,
    )
  }
  return setHosts(form, store)
}

function setHosts(form: URLSearchParams, store: RecordStore): ApiReply {
  const hosts: (typeof OTHERS)[number][] = []
  for (let at = 1; form.has(`HostName${at}`); at++) {
    const field = (name: string): string => form.get(`${name}${at}`) ?? ''
    hosts.push({
      Name: field('HostName'),
      Type: field('RecordType'),
      Address: field('Address'),
      MXPref: field('MXPref'),
      TTL: field('TTL'),
    })
  }
  const isWhole = OTHERS.every((other) => hosts.some((host) => JSON.stringify(host) === JSON.stringify(other)))
  if (!isWhole) return refuse(1, 'a host that is none of a challenge would be lost')
  for (const { id } of [...store.all]) store.remove(id)
  for (const { Name, Address, TTL } of hosts.slice(OTHERS.length)) store.add(`${Name}.zone.test`, Address, Number(TTL))
  return respond(
    'OK',
    '<Errors /><CommandResponse><DomainDNSSetHostsResult Domain="zone.test" IsSuccess="true" /></CommandResponse>',
  )
}

export const ownAddress: Api = () => ({ text: '192.0.2.77' })
