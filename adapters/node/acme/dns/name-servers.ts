import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

const ANSWER_MS = 5_000
const TRIES = 2
const DNS_PORT = 53
/** Aliases that are followed. */
const MOST_ALIASES = 20
const MOST_SERVERS = 20

/** A name server by address and port. */
export interface NameServer {
  readonly host: string
  readonly port: number
}

/** Reads `host`, `host:port`, `[v6]:port`. @throws Error where it is none of them */
export function parseNameServer(text: string): NameServer {
  if (isIP(text) === 6) return { host: text, port: DNS_PORT }
  const [, v6, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const host = v6 ?? plain
  if (host === undefined) throw new Error(`${JSON.stringify(text)} is no name server: host[:port]`)
  return { host, port: Number(port ?? DNS_PORT) || DNS_PORT }
}

/** Asks exactly these servers; none: those of the system. @throws Error where a name of a server is not known */
export async function resolverOf(servers: readonly string[]): Promise<Resolver> {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES })
  if (servers.length > 0) resolver.setServers(await Promise.all(servers.map(addressOf)))
  return resolver
}

async function addressOf(server: string): Promise<string> {
  const { host, port } = parseNameServer(server)
  const address = isIP(host) === 0 ? (await lookup(host)).address : host
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
}

/** What is not there, in contrast to what nobody could be asked. */
const isAbsent = (error: unknown): boolean =>
  ['ENOTFOUND', 'ENODATA'].includes(String((error as NodeJS.ErrnoException).code))

/** The zone that a name belongs to, with a dot at the end. @throws Error where there is none */
export async function zoneOf(fqdn: string, resolver: Resolver): Promise<string> {
  for (let name = fqdn.replace(/\.$/, ''); name !== ''; name = name.slice(name.indexOf('.') + 1)) {
    try {
      await resolver.resolveSoa(name)
      // Of an alias it may be the start of another zone; a zone itself never starts with an alias.
      if (!(await isAlias(name, resolver))) return `${name}.`
    } catch (error) {
      if (!isAbsent(error)) throw new Error(`the zone of ${fqdn} can’t be found: ${(error as Error).message}`)
    }
    if (!name.includes('.')) break
  }
  throw new Error(`${fqdn} is in no zone that the name servers know`)
}

/** Finds zones for a provider, by these servers or those of the system. Its errors name the provider. */
export const zoneFinder =
  (provider: string, servers: readonly string[]) =>
  async (fqdn: string): Promise<string> => {
    try {
      return await zoneOf(fqdn, await resolverOf(servers))
    } catch (error) {
      throw new Error(`${provider}: ${(error as Error).message}`, { cause: error })
    }
  }

async function isAlias(name: string, resolver: Resolver): Promise<boolean> {
  try {
    return (await resolver.resolveCname(name)).length > 0
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

/** What a name is called within its zone. @throws Error where it is not in it, or is the zone itself */
export function labelsIn(fqdn: string, zone: string): string {
  const [name, apex] = [fqdn, zone].map((text) => text.replace(/\.$/, ''))
  if (!name!.toLowerCase().endsWith(`.${apex!.toLowerCase()}`))
    throw new Error(`${fqdn} is no name in the zone ${zone}`)
  return name!.slice(0, -apex!.length - 1)
}

/** Where aliases lead; a name without one stays as it is. */
export async function followAliases(fqdn: string, resolver: Resolver): Promise<string> {
  let name = fqdn
  for (let i = 0; i < MOST_ALIASES; i++) {
    // Whoever can't be asked has no alias: the check that follows says what is wrong.
    const [alias] = await resolver.resolveCname(name.replace(/\.$/, '')).catch(() => [])
    if (alias === undefined || alias === '') return name
    name = alias.endsWith('.') ? alias : `${alias}.`
  }
  return name
}

/** Addresses of the servers of a zone: for each of them a list. */
export async function serversOfZone(zone: string, resolver: Resolver): Promise<readonly (readonly string[])[]> {
  const names = await resolver.resolveNs(zone.replace(/\.$/, ''))
  return Promise.all(
    names.slice(0, MOST_SERVERS).map(async (name) => {
      const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
      const addresses = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
      if (addresses.length === 0) throw new Error(`the name server ${name} has no address`)
      return addresses
    }),
  )
}

/** Texts at a name, as these servers see them. */
export async function textsAt(fqdn: string, resolver: Resolver): Promise<readonly string[]> {
  try {
    const records = await resolver.resolveTxt(fqdn.replace(/\.$/, ''))
    return records.map((pieces) => pieces.join(''))
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}
