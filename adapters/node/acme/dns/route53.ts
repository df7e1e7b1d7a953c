import { AwsV4Signer } from 'aws4fetch'
import { childOf, escapedXml, parseXml, textOf, type XmlElement } from '../../../../src/compiler/discovery/ecs/xml.ts'
import { createAwsClient } from '../../providers/ecs/aws-client.ts'
import { faultOf, isTransient } from '../../providers/ecs/aws-error.ts'
import { type Credentials, credentialsOf } from '../../providers/ecs/credentials.ts'
import { readCredentials } from '../../providers/ecs/credentials-answer.ts'
import { sharedRegion } from '../../providers/ecs/shared-files.ts'
import { pause } from '../waits.ts'
import { type DnsAnswer, DnsApi, type DnsCall } from './api.ts'
import type { Environment } from './environment.ts'
import { zoneFinder } from './name-servers.ts'
import type { CreateDnsProvider, DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const API = '/2013-04-01'
const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'
const TTL = 10
const TIMEOUT_MS = 120_000
const INTERVAL_MS = 4_000
const HTTP_TIMEOUT_MS = 30_000
const MOST_TRIES = 5
const FIRST_PAUSE_MS = 400
const LONGEST_PAUSE_MS = 30_000
const PROVIDER = 'route53'

/** A set of values as the API lists it, with what identifies it. */
interface RecordSet {
  readonly ttl: string
  /** With quotes. */
  readonly values: readonly string[]
}

/** Amazon Route 53. Values of a name are changed all at once. */
export const createRoute53: CreateDnsProvider = (ports) => {
  const { env, clock, resolvers } = ports
  const region = env.all.AWS_REGION || env.all.AWS_DEFAULT_REGION || sharedRegion(env.all) || 'us-east-1'
  const { endpoint, signedRegion } = placeOf(region, env)
  const tries = Math.max(1, env.number(MOST_TRIES, 'AWS_MAX_RETRIES'))
  const ttl = env.number(TTL, 'AWS_TTL')
  const timeoutMs = env.seconds(TIMEOUT_MS, 'AWS_PROPAGATION_TIMEOUT')
  const intervalMs = env.seconds(INTERVAL_MS, 'AWS_POLLING_INTERVAL')
  const isWaiting = env.flag(true, 'AWS_WAIT_FOR_RECORD_SETS_CHANGED')
  const isPrivate = env.flag(false, 'AWS_PRIVATE_ZONE')
  const fixedZone = env.text('AWS_HOSTED_ZONE_ID')
  const credentials = roleCredentials(region, env, () => clock.date())
  const api = new DnsApi(
    { provider: PROVIDER, endpoint, timeoutMs: HTTP_TIMEOUT_MS, headers: { accept: '*/*' }, secrets: [] },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()

  /** What is throttled, or comes while another change is made, waits and is sent again. */
  const ask = async (call: DnsCall, signal: AbortSignal): Promise<{ answer: DnsAnswer; root: XmlElement }> => {
    for (let attempt = 1; ; attempt++) {
      const headers = await signedHeaders(call, api.peer, signedRegion, await credentialsFor(credentials, signal))
      const answer = await api.ask({ ...call, headers, accept: EVERY_STATUS }, signal)
      const root = parseXml(answer.text())
      if (answer.status < 300 && root !== null) return { answer, root }
      const fault = faultOf(answer.text())
      if (answer.status < 300) throw answer.complaint('the answer is none of this API')
      if (attempt === tries || !isTransient(answer.status, fault)) throw answer.complaint(saidIn(fault, answer))
      await pause(clock, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)), signal)
    }
  }

  const zoneIdOf = async (fqdn: string, signal: AbortSignal): Promise<string> => {
    if (fixedZone !== '') return fixedZone
    const zone = await findZone(fqdn)
    const query = { dnsname: zone.replace(/\.$/, '') }
    const call = { operation: 'find the zone', method: 'GET', path: `${API}/hostedzonesbyname`, query } as const
    const { answer, root } = await ask(call, signal)
    const found = (childOf(root, 'HostedZones')?.children ?? []).find(
      (one) => textOf(one, 'Name') === zone && (textOf(one, 'Config', 'PrivateZone') === 'true') === isPrivate,
    )
    const id = textOf(found ?? null, 'Id').replace(/^\/hostedzone\//, '')
    if (id === '') throw answer.complaint(`there is no ${isPrivate ? 'private' : 'public'} zone ${zone}`)
    return id
  }

  /** Null: there is none. */
  const read = async (path: string, fqdn: string, signal: AbortSignal): Promise<RecordSet | null> => {
    const query = { name: fqdn, type: 'TXT' }
    const { root } = await ask({ operation: 'read the records', method: 'GET', path, query }, signal)
    const set = (childOf(root, 'ResourceRecordSets')?.children ?? []).find(
      (one) => textOf(one, 'Name').replaceAll('\\137', '_') === fqdn && textOf(one, 'Type') === 'TXT',
    )
    if (set === undefined) return null
    const values = (childOf(set, 'ResourceRecords')?.children ?? []).map((one) => textOf(one, 'Value'))
    return { ttl: textOf(set, 'TTL'), values }
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const path = `${API}/hostedzone/${encodeURIComponent(await zoneIdOf(fqdn, signal))}/rrset`
    const operation = isNew ? 'create the record' : 'remove the record'
    const quoted = `"${value}"`
    const changeId = await turns.take(fqdn, signal, async () => {
      const present = await read(path, fqdn, signal)
      const others = present?.values.filter((one) => one !== quoted) ?? []
      if (!isNew && (present === null || others.length === present.values.length)) return null
      // What is deleted has to be named as it stands.
      const isEmptied = !isNew && others.length === 0
      const set = isEmptied ? present! : { ttl: String(ttl), values: isNew ? [...others, quoted] : others }
      const text = changeXml(isEmptied ? 'DELETE' : 'UPSERT', fqdn, set)
      const { answer, root } = await ask({ operation, method: 'POST', path, text }, signal)
      const id = textOf(root, 'ChangeInfo', 'Id').replace(/^\/change\//, '')
      if (id === '') throw answer.complaint('the answer names no change')
      return id
    })
    // Nobody has to see that a record is gone.
    if (changeId === null || !isNew || !isWaiting) return
    const end = clock.now() + timeoutMs
    const call = { operation, method: 'GET', path: `${API}/change/${encodeURIComponent(changeId)}` } as const
    for (;;) {
      const { answer, root } = await ask(call, signal)
      const status = textOf(root, 'ChangeInfo', 'Status')
      if (status === 'INSYNC') return
      if (clock.now() >= end) throw answer.complaint(`the change is ${status || 'of no status'}`)
      await pause(clock, intervalMs, signal)
    }
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs,
    intervalMs,
    sequenceMs: null,
  }
}

const EVERY_STATUS = Array.from({ length: 300 }, (_, at) => 300 + at)

const saidIn = (fault: { readonly code: string; readonly message: string }, answer: DnsAnswer): string =>
  fault.code === '' ? answer.text() : `${fault.code}: ${fault.message}`

function changeXml(action: 'UPSERT' | 'DELETE', fqdn: string, { ttl, values }: RecordSet): string {
  const records = values.map((value) => `<ResourceRecord><Value>${escapedXml(value)}</Value></ResourceRecord>`).join('')
  const set = `<Name>${escapedXml(fqdn)}</Name><Type>TXT</Type><TTL>${ttl}</TTL><ResourceRecords>${records}</ResourceRecords>`
  const one = `<Change><Action>${action}</Action><ResourceRecordSet>${set}</ResourceRecordSet></Change>`
  const batch = `<ChangeBatch><Changes>${one}</Changes><Comment>Managed by Signalbox</Comment></ChangeBatch>`
  return `<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}">${batch}</ChangeResourceRecordSetsRequest>`
}

/** One endpoint for each of Amazon's partitions, not for each region. */
function placeOf(region: string, env: Environment): { readonly endpoint: string; readonly signedRegion: string } {
  const own = env.all.AWS_ENDPOINT_URL_ROUTE_53 || env.all.AWS_ENDPOINT_URL || ''
  const partition = region.startsWith('cn-')
    ? { endpoint: 'https://route53.amazonaws.com.cn', signedRegion: 'cn-northwest-1' }
    : region.startsWith('us-gov-')
      ? { endpoint: 'https://route53.us-gov.amazonaws.com', signedRegion: 'us-gov-west-1' }
      : { endpoint: 'https://route53.amazonaws.com', signedRegion: 'us-east-1' }
  return own === '' ? partition : { ...partition, endpoint: own.replace(/\/+$/, '') }
}

async function signedHeaders(
  { method, path, query, text }: DnsCall,
  peer: string,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Promise<Record<string, string>> {
  const type = text === undefined ? {} : { 'content-type': 'application/xml' }
  const parameters = new URLSearchParams(query as Record<string, string> | undefined).toString()
  const signer = new AwsV4Signer({
    method,
    url: `${peer}${path}${parameters === '' ? '' : `?${parameters}`}`,
    headers: type,
    ...(text === undefined ? {} : { body: text }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === '' ? {} : { sessionToken }),
    service: 'route53',
    region,
  })
  return Object.fromEntries((await signer.sign()).headers)
}

type CredentialsFor = (signal: AbortSignal) => Promise<Credentials>

async function credentialsFor(credentials: CredentialsFor, signal: AbortSignal): Promise<Credentials> {
  try {
    return await credentials(signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`route53: ${(error as Error).message}`, { cause: error })
  }
}

/** So long before their end the credentials of a role are asked for again. */
const BEFORE_END_MS = 60_000

/** Those of the environment, or of the role that they may take (`AWS_ASSUME_ROLE_ARN`). */
function roleCredentials(region: string, env: Environment, now: () => Date): CredentialsFor {
  const own = credentialsOf({ accessKeyId: '', secretAccessKey: '' }, region, env.all)
  const RoleArn = env.text('AWS_ASSUME_ROLE_ARN')
  if (RoleArn === '') return own
  const ExternalId = env.text('AWS_EXTERNAL_ID')
  let known: Credentials | null = null
  return async (signal) => {
    if (known !== null && now().getTime() < (known.expiresAt ?? 0) - BEFORE_END_MS) return known
    const client = createAwsClient({ region, credentials: own, env: env.all })
    try {
      const form = {
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn,
        RoleSessionName: 'signalbox',
        DurationSeconds: '900',
        ...(ExternalId === '' ? {} : { ExternalId }),
      }
      const call = {
        service: 'sts',
        action: 'AssumeRole',
        contentType: 'application/x-www-form-urlencoded; charset=utf-8',
        target: '',
        body: new URLSearchParams(form).toString(),
      }
      const content = await client.call(call, signal)
      const found = childOf(childOf(parseXml(content), 'AssumeRoleResult'), 'Credentials')
      known = readCredentials({
        AccessKeyId: textOf(found, 'AccessKeyId'),
        SecretAccessKey: textOf(found, 'SecretAccessKey'),
        Token: textOf(found, 'SessionToken'),
        Expiration: textOf(found, 'Expiration'),
      })
      return known
    } finally {
      client.close()
    }
  }
}
