import type { Element } from './shapes.ts'

export type Protocol = 'http' | 'tcp' | 'udp'
export type Plural = 'routers' | 'services' | 'middlewares'

export const PROTOCOLS: readonly Protocol[] = ['http', 'tcp', 'udp']
/** Kinds of elements that a protocol has. */
export const pluralsOf = (protocol: Protocol): readonly Plural[] =>
  protocol === 'udp' ? ['routers', 'services'] : ['routers', 'services', 'middlewares']

export const singular = (plural: Plural): string => plural.slice(0, -1)

/** Path of an element below `/api/`. */
export const elementPath = (protocol: Protocol, plural: Plural, name: string): string =>
  `${protocol}/${plural}/${encodeURIComponent(name)}`

/** A name as written in the configuration of a provider, qualified. */
export const qualified = (name: string, provider: string): string => (name.includes('@') ? name : `${name}@${provider}`)

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Keys that the API adds to the definition of an element. */
const ADDED = new Set(['name', 'provider', 'status', 'type', 'error', 'usedBy', 'using', 'serverStatus', 'priorityStr'])

/** The block that makes an element what it is, whatever kind that is. */
export function blockOf(element: Element): unknown {
  const keys = Object.keys(element).filter((key) => !ADDED.has(key))
  const key = keys.find((known) => known.toLowerCase() === element.type) ?? keys[0]
  return key === undefined ? null : element[key]
}

/** Keys of a block under which one service is named. */
const NAMING: readonly string[] = ['service', 'fallback']

/** A service that another element names. */
export interface Reference {
  readonly name: string
  /** What is said of it there: `weight 3`. */
  readonly label: string
}

/** The services that a block names, whatever kind it is: by `service`, by `fallback`, or in lists with names. */
export function referencesIn(block: unknown): readonly Reference[] {
  if (!isTable(block)) return []
  const named = NAMING.flatMap((key) => {
    const name = block[key]
    return typeof name === 'string' ? [{ name, label: key }] : []
  })
  const listed = Object.entries(block).flatMap(([key, value]) =>
    Array.isArray(value) ? value.filter(isTable).flatMap((one) => referenceIn(one, key)) : [],
  )
  return [...named, ...listed]
}

/** One of a list: with its numbers, and what the list is called where that says something. */
function referenceIn({ name, ...more }: Table, list: string): readonly Reference[] {
  if (typeof name !== 'string') return []
  const numbers = Object.entries(more).filter(([, one]) => typeof one === 'number' || typeof one === 'string')
  const said = numbers.map(([what, one]) => `${what} ${one}`)
  const noun = list.replace(/s$/, '')
  return [{ name, label: [...(noun === 'service' && said.length > 0 ? [] : [noun]), ...said].join(', ') }]
}

/** A server of a service, with its state as far as it is known. */
export interface ServerView {
  readonly url: string
  readonly state: string | null
  readonly weight: string | null
}

/** The servers in a block, and those that states are known of. */
export function serversIn(element: Element): readonly ServerView[] {
  const block = blockOf(element)
  const listed = isTable(block) && Array.isArray(block.servers) ? block.servers.filter(isTable) : []
  const states = new Map(Object.entries(element.serverStatus ?? {}))
  const servers = listed.flatMap((server): ServerView[] => {
    const url = server.url ?? server.address
    if (typeof url !== 'string') return []
    const known = [url, `${url}/`].find((each) => states.has(each)) ?? url
    const state = states.get(known) ?? null
    states.delete(known)
    return [{ url: known, state, weight: server.weight === undefined ? null : String(server.weight) }]
  })
  return [...servers, ...[...states].map(([url, state]) => ({ url, state, weight: null }))]
}

/** What the block of a service says beside its servers and the services that it names; null: nothing. */
export function serviceOptionsOf(element: Element): unknown {
  const block = blockOf(element)
  if (!isTable(block)) return block
  const rest = Object.entries(block).filter(([key, value]) => {
    const isReference =
      NAMING.includes(key) || (Array.isArray(value) && value.some((one) => isTable(one) && 'name' in one))
    return key !== 'servers' && !isReference
  })
  return rest.length === 0 ? null : Object.fromEntries(rest)
}

/** `http.routers.shop` of a provider, as the place of its page; null: it is no element with a page. */
export function placeOf(element: string, provider: string | null): readonly string[] | null {
  const [protocol, plural, ...rest] = element.split('.')
  const name = rest.join('.')
  const isKnown = PROTOCOLS.some((known) => known === protocol && pluralsOf(known).some((each) => each === plural))
  if (!isKnown || name === '' || (provider === null && !name.includes('@'))) return null
  return [protocol!, plural!, provider === null ? name : qualified(name, provider)]
}

/** Routers that use an element; a router that names it twice is listed twice by the API. */
export const usersOf = ({ usedBy = [] }: Pick<Element, 'usedBy'>): readonly string[] => [...new Set(usedBy)]
