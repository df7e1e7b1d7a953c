import { elementsOf, fieldsOf, type Json, text } from '../answer.ts'
import type { Labels } from '../labels.ts'

/** What is known of a container, as far as it counts here. */
export interface Container {
  readonly id: string
  /** Without Docker's slash. */
  readonly name: string
  /** `running`, `exited` …; empty: unknown. */
  readonly status: string
  /** `healthy`, `starting`, `unhealthy`; empty: it has no health check. */
  readonly health: string
  readonly labels: Labels
  /** `bridge`, `host`, `container:ID` …; empty: unknown. */
  readonly networkMode: string
  /** Sorted by number. */
  readonly ports: readonly ContainerPort[]
  /** By name, in the order of names; null: it says nothing of networks. */
  readonly networks: ReadonlyMap<string, string> | null
  /** Milliseconds of the epoch; 0: unknown. */
  readonly createdAt: number
  /** Of the node it runs on; only in a swarm. */
  readonly nodeAddress: string
  /** `SIGQUIT`, `3` …, what stops it; empty: the usual one, or unknown. */
  readonly stopSignal: string
  /** Of the service of a swarm that it is a task of; empty: it is none. */
  readonly service: string
}

/** A port that a container exposes. */
export interface ContainerPort {
  readonly number: number
  /** `tcp`, `udp` or `sctp` */
  readonly protocol: string
  /** Where it is published. */
  readonly bindings: readonly { readonly host: string; readonly port: string }[]
}

/** An answer to `GET /containers/ID/json`; null where it is none. What has another type than it should is not there. */
export const readContainer = (answer: unknown): Container | null => {
  const container = fieldsOf(answer)
  const id = text(container.Id)
  const name = text(container.Name)
  if (id === '' || name === '') return null
  const state = fieldsOf(container.State)
  const settings = fieldsOf(container.NetworkSettings)
  return {
    id,
    name: name.replace(/^\//, ''),
    status: text(state.Status),
    health: text(fieldsOf(state.Health).Status),
    labels: readLabels(fieldsOf(container.Config).Labels),
    networkMode: text(fieldsOf(container.HostConfig).NetworkMode),
    ports: readPorts(settings.Ports),
    networks: readNetworks(settings.Networks),
    createdAt: readTime(container.Created),
    nodeAddress: '',
    stopSignal: text(fieldsOf(container.Config).StopSignal),
    service: '',
  }
}

/**
 * An element of an answer to `GET /containers/json`, which says the same as the container's own page; null where it does
 * not (other engines leave things out), and that page has to be asked for.
 */
export const readListed = (element: unknown): Container | null => {
  const listed = fieldsOf(element)
  const id = text(listed.Id)
  // Old links to a container are names of it too: `/other/alias`.
  const name = elementsOf(listed.Names).find((one) => typeof one === 'string' && /^\/?[^/]+$/.test(one))
  const { State, Status, Labels, HostConfig, NetworkSettings, Ports } = listed
  const mode = fieldsOf(HostConfig).NetworkMode
  const networks = fieldsOf(NetworkSettings).Networks
  const isWhole =
    id !== '' &&
    typeof State === 'string' &&
    typeof Status === 'string' &&
    typeof mode === 'string' &&
    Array.isArray(Ports)
  if (!isWhole || typeof name !== 'string' || typeof networks !== 'object') return null
  // A container on the network of another one has no ports in the list.
  if (mode.startsWith('container:')) return null
  return {
    id,
    name: name.replace(/^\//, ''),
    status: State,
    health: State === 'running' ? healthIn(Status) : '',
    labels: readLabels(Labels),
    networkMode: mode,
    ports: readListedPorts(Ports),
    networks: readNetworks(networks),
    createdAt: typeof listed.Created === 'number' ? listed.Created * 1000 : 0,
    nodeAddress: '',
    stopSignal: '',
    service: '',
  }
}

/** `Up 3 minutes (healthy)`, `(unhealthy)`, `(health: starting)` */
const healthIn = (status: string): string => /\((?:health: )?(healthy|unhealthy|starting)\)$/.exec(status)?.[1] ?? ''

const readListedPorts = (ports: readonly unknown[]): readonly ContainerPort[] => {
  const byPort = new Map<string, ContainerPort & { bindings: { host: string; port: string }[] }>()
  for (const element of ports) {
    const { PrivatePort: number, Type: type, IP: host, PublicPort: port } = fieldsOf(element)
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > MAX_PORT) continue
    const protocol = text(type) || 'tcp'
    const key = `${number}/${protocol}`
    const known = byPort.get(key) ?? { number, protocol, bindings: [] }
    byPort.set(key, known)
    if (typeof port === 'number') known.bindings.push({ host: text(host), port: String(port) })
  }
  return [...byPort.values()].sort((a, b) => a.number - b.number)
}

/** Texts by name; what is no text is left out. */
export const readLabels = (value: unknown): Labels => {
  const labels: Record<string, string> = Object.create(null)
  for (const [name, label] of Object.entries(fieldsOf(value))) if (typeof label === 'string') labels[name] = label
  return labels
}

const MAX_PORT = 65_535

const readPorts = (value: unknown): readonly ContainerPort[] =>
  Object.entries(fieldsOf(value))
    .flatMap(([written, bindings]): ContainerPort[] => {
      const [number = '', protocol = 'tcp'] = written.split('/')
      if (!/^\d{1,5}$/.test(number) || Number(number) > MAX_PORT) return []
      return [{ number: Number(number), protocol, bindings: elementsOf(bindings).map(readBinding) }]
    })
    .sort((a, b) => a.number - b.number)

const readBinding = (value: unknown) => {
  const binding = fieldsOf(value)
  return { host: text(binding.HostIp), port: text(binding.HostPort) }
}

const readNetworks = (value: unknown): ReadonlyMap<string, string> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const names = Object.keys(value).sort()
  return new Map(
    names.map((name) => {
      const network = fieldsOf((value as Json)[name])
      return [name, text(network.IPAddress) || text(network.GlobalIPv6Address)]
    }),
  )
}

export const readTime = (value: unknown): number => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) ? time : 0
}
