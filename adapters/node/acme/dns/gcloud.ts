import { childOf, listOf, textOf, textsOf } from '../fields.ts'
import { pause } from '../waits.ts'
import { DnsApi } from './api.ts'
import { googleIdentity } from './google-identity.ts'
import { zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_TTL, type DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const ENDPOINT = 'https://dns.googleapis.com'
const TIMEOUT_MS = 180_000
const INTERVAL_MS = 5_000
const HTTP_TIMEOUT_MS = 30_000
/** Until a change is in force. */
const CHANGE_INTERVAL_MS = 3_000
const CHANGE_LIMIT_MS = 30_000
const PROVIDER = 'gcloud'
const JSON_ONLY = { alt: 'json', prettyPrint: 'false' } as const

/** Google Cloud DNS. Values of a name are changed all at once. */
export const createGoogleCloud: CreateDnsProvider = (ports) => {
  const { env, clock, log, resolvers } = ports
  const identity = googleIdentity(env, ports)
  const api = new DnsApi(
    { provider: PROVIDER, endpoint: ENDPOINT, timeoutMs: HTTP_TIMEOUT_MS, secrets: [], said: errorIn },
    ports,
  )
  const ttl = env.number(DEFAULT_TTL, 'GCE_TTL')
  const fixedZone = env.text('GCE_ZONE_ID')
  const allowsPrivate = env.flag(false, 'GCE_ALLOW_PRIVATE_ZONE')
  const isTalkative = env.flag(false, 'GCE_DEBUG')
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()

  const ask = async (
    operation: string,
    path: string,
    more: { readonly query?: Readonly<Record<string, string>>; readonly json?: unknown },
    signal: AbortSignal,
  ) => {
    const headers = { authorization: `Bearer ${await identity.token(signal)}` }
    const project = encodeURIComponent(await identity.project(signal))
    const method = more.json === undefined ? 'GET' : 'POST'
    const query = { ...JSON_ONLY, ...more.query }
    return api.ask({ operation, method, path: `/dns/v1/projects/${project}${path}`, headers, ...more, query }, signal)
  }

  /** A right to list zones is not needed where the zone is named. */
  const zoneOf = async (fqdn: string, signal: AbortSignal): Promise<string> => {
    const operation = 'find the zone'
    const dnsName = fixedZone === '' ? await findZone(fqdn) : ''
    const answer =
      fixedZone === ''
        ? await ask(operation, '/managedZones', { query: { dnsName } }, signal)
        : await ask(operation, `/managedZones/${encodeURIComponent(fixedZone)}`, {}, signal)
    const zones = fixedZone === '' ? listOf(answer.json(), 'managedZones') : [answer.json()]
    const usable = zones.find((zone) => textOf(zone, 'visibility') !== 'private' || allowsPrivate)
    const name = textOf(usable, 'name')
    if (name === '') throw answer.complaint(`there is no ${allowsPrivate ? '' : 'public '}zone ${dnsName || fixedZone}`)
    return `/managedZones/${encodeURIComponent(name)}`
  }

  const apply = async (zone: string, change: object, signal: AbortSignal): Promise<string> => {
    if (isTalkative) log.log('info', `gcloud: change ${JSON.stringify(change)}`)
    const answer = await ask('change the records', `${zone}/changes`, { json: change }, signal)
    if (textOf(answer.json(), 'status') === 'done') return ''
    const id = textOf(answer.json(), 'id')
    if (id === '') throw answer.complaint('the answer names no change')
    return id
  }

  const untilDone = async (zone: string, id: string, signal: AbortSignal): Promise<void> => {
    const end = clock.now() + CHANGE_LIMIT_MS
    for (;;) {
      const answer = await ask('change the records', `${zone}/changes/${encodeURIComponent(id)}`, {}, signal)
      const status = textOf(answer.json(), 'status')
      if (status === 'done') return
      if (clock.now() >= end) throw answer.complaint(`the change is ${status || 'of no status'}`)
      await pause(clock, CHANGE_INTERVAL_MS, signal)
    }
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zone = await zoneOf(fqdn, signal)
    const id = await turns.take(fqdn, signal, async () => {
      const query = { name: fqdn, type: 'TXT' }
      const answer = await ask('read the records', `${zone}/rrsets`, { query }, signal)
      const sets = listOf(answer.json(), 'rrsets')
      const present = sets.flatMap((set) => textsOf(set, 'rrdatas'))
      const others = present.filter((one) => one.replace(/^"|"$/g, '') !== value)
      const isThere = others.length < present.length
      if (isNew === isThere) return ''
      const rrdatas = isNew ? [value, ...others] : others
      const set = { name: fqdn, type: 'TXT', ttl, rrdatas }
      return apply(
        zone,
        { ...(rrdatas.length === 0 ? {} : { additions: [set] }), ...(sets.length === 0 ? {} : { deletions: sets }) },
        signal,
      )
    })
    if (id !== '' && isNew) await untilDone(zone, id, signal)
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'GCE_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(INTERVAL_MS, 'GCE_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

const errorIn = (content: unknown): string => textOf(childOf(content, 'error'), 'message')
