import { createHash, createHmac } from 'node:crypto'
import { childOf, escapedXml, parseXml, textOf } from '../../../src/compiler/discovery/ecs/xml.ts'
import type { Api, ApiCall } from './server.ts'

export const AWS_KEYS = { id: 'AKIAEXAMPLE', secret: 'aws-secret-key' } as const

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

/** Signature version 4, as Amazon describes it. */
function isSigned({ method, path, query, headers, body }: ApiCall): boolean {
  const field =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+\/[\w-]+\/route53\/aws4_request), ?SignedHeaders=([\w;-]+), ?Signature=(\w+)$/
  const [, id, scope = '', names = '', signature] = field.exec(headers.authorization ?? '') ?? []
  if (id !== AWS_KEYS.id) return false
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const parameters = [...query].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).sort()
  const request = [method, path, parameters.join('&'), signed.join(''), names, hash(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(request)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${AWS_KEYS.secret}`)
  return signature === hmac(key, text).toString('hex')
}

const xml = (name: string, content: string) => ({
  text: `<?xml version="1.0"?>\n<${name} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">${content}</${name}>`,
  headers: { 'content-type': 'text/xml' },
})
const refuse = (status: number, code: string, said: string) => ({
  ...xml('ErrorResponse', `<Error><Type>Sender</Type><Code>${code}</Code><Message>${said}</Message></Error>`),
  status,
})
const changeInfo = (status: string): string =>
  `<ChangeInfo><Id>/change/C1</Id><Status>${status}</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>`

export const route53: Api = (call, store) => {
  const { method, path, query, body } = call
  if (!isSigned(call)) return refuse(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match')
  const [, below = ''] = /^\/2013-04-01(\/.*)$/.exec(path) ?? []
  if (below === '/hostedzonesbyname') {
    const zone = (id: string, name: string, isPrivate: boolean): string =>
      `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>r</CallerReference><Config><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`
    const name = `${query.get('dnsname')}.`
    const zones =
      name === 'zone.test.' ? zone('Z0', name, true) + zone('Z1', name, false) : zone('Z9', 'zz.test.', false)
    return xml(
      'ListHostedZonesByNameResponse',
      `<HostedZones>${zones}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>`,
    )
  }
  if (below === '/change/C1') return xml('GetChangeResponse', changeInfo('INSYNC'))
  if (below !== '/hostedzone/Z1/rrset' && below !== '/hostedzone/Z1/rrset/')
    return refuse(404, 'NoSuchHostedZone', 'No hosted zone found')
  if (method === 'GET') {
    const name = query.get('name')!
    const values = store
      .texts(name)
      .map((value) => `<ResourceRecord><Value>${escapedXml(`"${value}"`)}</Value></ResourceRecord>`)
    // What follows the name in the zone is listed too.
    const set = (of: string, records: string): string =>
      `<ResourceRecordSet><Name>${of}</Name><Type>TXT</Type><TTL>10</TTL><ResourceRecords>${records}</ResourceRecords></ResourceRecordSet>`
    const other = set('zz.zone.test.', '<ResourceRecord><Value>"x"</Value></ResourceRecord>')
    const own = values.length === 0 ? '' : set(name, values.join(''))
    return xml(
      'ListResourceRecordSetsResponse',
      `<ResourceRecordSets>${own}${other}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>`,
    )
  }
  const change = childOf(childOf(childOf(parseXml(body), 'ChangeBatch'), 'Changes'), 'Change')
  const set = childOf(change, 'ResourceRecordSet')
  const name = textOf(set, 'Name')
  const values = (childOf(set, 'ResourceRecords')?.children ?? []).map((record) => textOf(record, 'Value'))
  if (textOf(change, 'Action') === 'DELETE') {
    const isAsItStands = JSON.stringify(values) === JSON.stringify(store.texts(name).map((value) => `"${value}"`))
    if (!isAsItStands) return refuse(400, 'InvalidChangeBatch', 'the values provided do not match the current values')
    store.set(name, [], 0)
  } else store.set(name, values, Number(textOf(set, 'TTL')))
  return xml('ChangeResourceRecordSetsResponse', changeInfo('PENDING'))
}
