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
}

/** A port that a container exposes. */
export interface ContainerPort {
  readonly number: number
  /** `tcp`, `udp` or `sctp` */
  readonly protocol: string
  /** Where it is published. */
  readonly bindings: readonly { readonly host: string; readonly port: string }[]
}

type Json = Readonly<Record<string, unknown>>

/** An answer to `GET /containers/ID/json`; null where it is none. What has another type than it should is not there. */
export const readContainer = (answer: unknown): Container | null => {
  const container = record(answer)
  const id = text(container.Id)
  const name = text(container.Name)
  if (id === '' || name === '') return null
  const state = record(container.State)
  const settings = record(container.NetworkSettings)
  return {
    id,
    name: name.replace(/^\//, ''),
    status: text(state.Status),
    health: text(record(state.Health).Status),
    labels: readLabels(record(container.Config).Labels),
    networkMode: text(record(container.HostConfig).NetworkMode),
    ports: readPorts(settings.Ports),
    networks: readNetworks(settings.Networks),
    createdAt: readTime(container.Created),
    nodeAddress: '',
  }
}

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Texts by name; what is no text is left out. */
export const readLabels = (value: unknown): Labels => {
  const labels: Record<string, string> = Object.create(null)
  for (const [name, label] of Object.entries(record(value))) if (typeof label === 'string') labels[name] = label
  return labels
}

const MAX_PORT = 65_535

const readPorts = (value: unknown): readonly ContainerPort[] =>
  Object.entries(record(value))
    .flatMap(([written, bindings]): ContainerPort[] => {
      const [number = '', protocol = 'tcp'] = written.split('/')
      if (!/^\d{1,5}$/.test(number) || Number(number) > MAX_PORT) return []
      return [{ number: Number(number), protocol, bindings: list(bindings).map(readBinding) }]
    })
    .sort((a, b) => a.number - b.number)

const readBinding = (value: unknown) => {
  const binding = record(value)
  return { host: text(binding.HostIp), port: text(binding.HostPort) }
}

const readNetworks = (value: unknown): ReadonlyMap<string, string> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const names = Object.keys(value).sort()
  return new Map(
    names.map((name) => {
      const network = record((value as Json)[name])
      return [name, text(network.IPAddress) || text(network.GlobalIPv6Address)]
    }),
  )
}

const readTime = (value: unknown): number => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) ? time : 0
}
