import { childOf, parseXml, textOf, type XmlElement } from '../../../src/compiler/discovery/ecs/xml.ts'
import type { Api, ApiReply } from './server.ts'

export const GANDI_TOKEN = 'gandi-token'
export const GANDI_KEY = 'gandi-key'

const ZONE = 'zone.test'

export const gandiV5: Api = ({ method, path, headers, body }, store) => {
  if (![`Bearer ${GANDI_TOKEN}`, `Apikey ${GANDI_KEY}`].includes(headers.authorization ?? '')) {
    return { status: 403, json: { code: 403, message: 'Access was denied to this resource.', cause: 'Forbidden' } }
  }
  const [, labels] = /^\/v5\/livedns\/domains\/zone\.test\/records\/([^/]+)\/TXT$/.exec(path) ?? []
  const missing = { status: 404, json: { code: 404, message: 'Can’t find the resource', cause: 'Not Found' } }
  if (labels === undefined) return missing
  const name = `${labels}.${ZONE}`
  if (method === 'PUT') {
    const { rrset_values, rrset_ttl } = JSON.parse(body) as { rrset_values: string[]; rrset_ttl: number }
    store.set(name, rrset_values, rrset_ttl)
    return { status: 201, json: { message: 'DNS Record Created' } }
  }
  const values = store.texts(name).map((value) => `"${value}"`)
  if (values.length === 0) return missing
  if (method === 'GET') return { json: { rrset_name: labels, rrset_type: 'TXT', rrset_ttl: 300, rrset_values: values } }
  store.set(name, [], 0)
  return { status: 204 }
}

const response = (value: string): ApiReply => ({
  text: `<?xml version='1.0'?>\n<methodResponse>\n<params><param><value>${value}</value></param></params>\n</methodResponse>\n`,
})
const struct = (name: string, value: number): ApiReply =>
  response(`<struct><member><name>${name}</name><value><int>${value}</int></value></member></struct>`)
const done = response('<boolean>1</boolean>')
const fault = (code: number, said: string): ApiReply => ({
  text: `<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>${code}</int></value></member><member><name>faultString</name><value><string>${said}</string></value></member></struct></value></fault></methodResponse>`,
})

/** Zones 1 (the domain's own) and 2 (its copy). */
export const gandi: Api = ({ body }, store) => {
  const root = parseXml(body)
  // lego leaves out the list around them.
  const list = childOf(root, 'params') ?? root
  const values = (list?.children ?? []).filter(({ name }) => name === 'param').map((param) => childOf(param, 'value'))
  const text = (at: number): string => values[at]?.children[0]?.text ?? ''
  if (text(0) !== GANDI_KEY) return fault(510150, 'Error on object : OBJECT_ACCOUNT [Invalid API key]')
  switch (textOf(root, 'methodName')) {
    case 'domain.info':
      return text(1) === `${ZONE}.` ? struct('zone_id', 1) : fault(510042, 'Error on object : OBJECT_DOMAIN')
    case 'domain.zone.clone':
      return struct('id', 2)
    case 'domain.zone.version.new':
      return response('<int>5</int>')
    case 'domain.zone.record.add': {
      const members = values[3]?.children[0]?.children ?? []
      const member = (name: string): string =>
        members.find((one: XmlElement) => textOf(one, 'name') === name)?.children[1]?.children[0]?.text ?? ''
      store.add(`${member('name')}.${ZONE}`, member('value'), Number(member('ttl')))
      return struct('id', 9)
    }
    case 'domain.zone.version.set':
      return done
    case 'domain.zone.set':
      return struct('zone_id', Number(text(2)))
    case 'domain.zone.delete':
      for (const { id } of [...store.all]) store.remove(id)
      return done
    default:
      return fault(1, 'no such method')
  }
}
