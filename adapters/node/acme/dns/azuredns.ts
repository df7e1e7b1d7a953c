import { childOf, listOf, textOf } from '../fields.ts'
import { DnsApi } from './api.ts'
import { type AzureCloud, azureTokens } from './azure-identity.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, type DnsRecord } from './provider.ts'
import { Turns } from './turns.ts'

const CLOUDS: Readonly<Record<string, AzureCloud>> = {
  public: {
    login: 'https://login.microsoftonline.com',
    management: 'https://management.azure.com',
    audience: 'https://management.core.windows.net/',
  },
  china: {
    login: 'https://login.chinacloudapi.cn',
    management: 'https://management.chinacloudapi.cn',
    audience: 'https://management.core.chinacloudapi.cn/',
  },
  usgovernment: {
    login: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
    audience: 'https://management.core.usgovcloudapi.net/',
  },
}

const TTL = 60
const TIMEOUT_MS = 120_000
const HTTP_TIMEOUT_MS = 30_000
const PAGE = 1000
const MOST_ZONES = 100_000
const GRAPH_VERSION = '2024-04-01'
const PROVIDER = 'azuredns'

/** Where the records of a zone are. */
interface Zone {
  readonly subscription: string
  readonly group: string
}

/** Azure DNS, public zones or private ones; zones are found by the resource graph. Values of a name are changed all at once. */
export const createAzureDns: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const environment = env.text('AZURE_ENVIRONMENT') || 'public'
  if (!Object.hasOwn(CLOUDS, environment)) {
    const known = Object.keys(CLOUDS).join(', ')
    throw new Error(`azuredns: AZURE_ENVIRONMENT ${JSON.stringify(environment)} is none of ${known}`)
  }
  const cloud = CLOUDS[environment]!
  const token = azureTokens(env, cloud, ports)
  const isPrivate = env.flag(false, 'AZURE_PRIVATE_ZONE')
  const fixedZone = env.text('AZURE_ZONE_NAME')
  const ttl = env.number(TTL, 'AZURE_TTL')
  const filters = {
    subscription: env.text('AZURE_SUBSCRIPTION_ID'),
    group: env.text('AZURE_RESOURCE_GROUP'),
    more: env.text('AZURE_SERVICEDISCOVERY_FILTER'),
  }
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: cloud.management,
      timeoutMs: HTTP_TIMEOUT_MS,
      secrets: [],
      said: (content) => {
        const error = childOf(content, 'error') ?? content
        return [textOf(error, 'code'), textOf(error, 'message')].filter((part) => part !== '').join(': ')
      },
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()
  let zones: ReadonlyMap<string, Zone> | null = null

  const authorized = async (signal: AbortSignal) => ({ authorization: `Bearer ${await token(signal)}` })

  const discover = async (signal: AbortSignal): Promise<ReadonlyMap<string, Zone>> => {
    const found = new Map<string, Zone>()
    for (let skip = 0; ; skip += PAGE) {
      const answer = await api.ask(
        {
          operation: 'find the zones',
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resources',
          query: { 'api-version': GRAPH_VERSION },
          json: {
            query: graphQuery(isPrivate, filters),
            options: { $skip: skip, $top: PAGE, resultFormat: 'objectArray' },
          },
          headers: await authorized(signal),
        },
        signal,
      )
      const content = answer.json()
      const rows = listOf(content, 'data')
      for (const row of rows) {
        const [name, zone] = [textOf(row, 'name'), zoneIn(row)]
        if (name === '' || zone === null) throw answer.complaint('the answer lists a zone that can’t be read')
        if (found.has(name)) throw answer.complaint(`there are several zones ${name}: AZURE_RESOURCE_GROUP may help`)
        found.set(name, zone)
      }
      const total = Number(childOf(content, 'totalRecords') ?? 0)
      if (rows.length === 0 || skip + PAGE >= Math.min(total, MOST_ZONES)) return found
    }
  }

  const placeOf = async (fqdn: string, signal: AbortSignal): Promise<string> => {
    const name = (fixedZone || (await findZone(fqdn))).replace(/\.$/, '')
    let zone = zones?.get(name)
    // Those that came since are looked for.
    if (zone === undefined) {
      zones = await discover(signal)
      zone = zones.get(name)
    }
    if (zone === undefined) throw new Error(`azuredns: there is no zone ${name} that can be seen`)
    const kind = isPrivate ? 'privateDnsZones' : 'dnsZones'
    const [subscription, group] = [zone.subscription, zone.group].map(encodeURIComponent)
    const path = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/${kind}`
    return `${path}/${encodeURIComponent(name)}/TXT/${encodeURIComponent(labelsIn(fqdn, name))}`
  }

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const path = await placeOf(fqdn, signal)
    const query = { 'api-version': isPrivate ? '2024-06-01' : '2018-05-01' }
    await turns.take(path, signal, async () => {
      const headers = await authorized(signal)
      const read = { operation: 'read the records', method: 'GET', path, query, headers, accept: [404] } as const
      const answer = await api.ask(read, signal)
      const records = answer.status === 404 ? [] : recordsIn(answer.json())
      const others = records.filter((record) => listOf(record, 'value').join('') !== value)
      if (!isNew && others.length === records.length) return
      if (!isNew && others.length === 0) {
        const call = { operation: 'delete the record', method: 'DELETE', path, query, headers, accept: [404] } as const
        await api.ask(call, signal)
        return
      }
      const list = isNew ? [...others, { value: [value] }] : others
      const json = { name: path.slice(path.lastIndexOf('/') + 1), properties: { TTL: ttl, TXTRecords: list } }
      const operation = isNew ? 'create the record' : 'remove the record'
      await api.ask(
        { operation, method: 'PUT', path, query, headers, json: isPrivate ? privately(json) : json },
        signal,
      )
    })
  }

  return {
    present: (record, signal) => change(record, true, signal),
    cleanUp: (record, signal) => change(record, false, signal),
    timeoutMs: env.seconds(TIMEOUT_MS, 'AZURE_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'AZURE_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}

/** Null: it is none. */
function zoneIn(row: unknown): Zone | null {
  const [subscription, group] = [textOf(row, 'subscriptionId'), textOf(row, 'resourceGroup')]
  return subscription === '' || group === '' ? null : { subscription, group }
}

/** The two APIs write the name of the list, and of the time to live, differently. */
const recordsIn = (set: unknown): readonly unknown[] => {
  const properties = childOf(set, 'properties')
  const records = listOf(properties, 'TXTRecords')
  return records.length > 0 ? records : listOf(properties, 'txtRecords')
}

const privately = ({ name, properties }: { name: string; properties: { TTL: number; TXTRecords: unknown } }) => ({
  name,
  properties: { ttl: properties.TTL, txtRecords: properties.TXTRecords },
})

interface Filters {
  readonly subscription: string
  readonly group: string
  /** A condition of Kusto. */
  readonly more: string
}

function graphQuery(isPrivate: boolean, { subscription, group, more }: Filters): string {
  const type = isPrivate ? 'microsoft.network/privatednszones' : 'microsoft.network/dnszones'
  return [
    '',
    'resources',
    `| where type =~ ${JSON.stringify(type)}`,
    ...(subscription === '' ? [] : [`| where subscriptionId =~ ${JSON.stringify(subscription)}`]),
    ...(group === '' ? [] : [`| where resourceGroup =~ ${JSON.stringify(group)}`]),
    ...(more === '' ? [] : [`| ${more}`]),
    '| project subscriptionId, resourceGroup, name',
  ].join('\n')
}
