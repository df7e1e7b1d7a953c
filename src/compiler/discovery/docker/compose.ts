import type { ConfigProblem } from '../../../plan/problem.ts'
import { elementsOf, fieldsOf, text } from '../answer.ts'
import type { Labels } from '../labels.ts'
import type { Container } from './container.ts'

/** A service of a Compose file, as the container or the task that it will be. */
export interface ComposeItem {
  readonly container: Container
  /** Whether its labels are those of a service of a swarm (`deploy.labels`). */
  readonly isSwarm: boolean
  /** Where each label stands in the file. */
  readonly places: ReadonlyMap<string, readonly (string | number)[]>
}

/** What a Compose file holds for Docker, and for Swarm. */
export interface ComposeFile {
  readonly items: readonly ComposeItem[]
  /** Their paths lead into the file. */
  readonly problems: readonly ConfigProblem[]
}

/** Whether a file of YAML is one of Compose and none of routing configuration. */
export const isCompose = (tree: unknown): boolean => {
  const root = fieldsOf(tree)
  const services = Object.values(fieldsOf(root.services))
  const isRouting = ['http', 'tcp', 'udp', 'tls'].some((section) => Object.hasOwn(root, section))
  return !isRouting && services.length > 0 && services.every((service) => typeof service === 'object')
}

/**
 * The services of a Compose file with their labels (a list or a map) and those of `deploy`, variables replaced. What
 * only a running container shows is supposed: an address, and the first port that is known.
 * @param variable its value; null: it is not set
 * @param folder the project's name where the file says none
 */
export const readCompose = (tree: unknown, variable: (name: string) => string | null, folder: string): ComposeFile => {
  const root = fieldsOf(tree)
  const project = text(root.name) || folder.toLowerCase().replace(/[^a-z0-9_-]/g, '')
  const items: ComposeItem[] = []
  const problems: ConfigProblem[] = []
  Object.entries(fieldsOf(root.services)).forEach(([name, element], at) => {
    const service = fieldsOf(element)
    const make = (labels: unknown, path: readonly string[], isSwarm: boolean): void => {
      const read = readLabels(labels, ['services', name, ...path], variable, problems)
      if (isSwarm && read.labels.size === 0) return
      const own = Object.fromEntries(read.labels)
      const compose = { 'com.docker.compose.project': project, 'com.docker.compose.service': name }
      const container = containerOf(service, name, at, isSwarm ? own : { ...own, ...compose })
      items.push({
        container: isSwarm ? { ...container, service: `${project}_${name}` } : container,
        isSwarm,
        places: read.places,
      })
    }
    const deployed = fieldsOf(service.deploy).labels
    // A file for a swarm says nothing to Docker, unless it says something of its own.
    if (service.labels !== undefined || deployed === undefined) make(service.labels, ['labels'], false)
    if (deployed !== undefined) make(deployed, ['deploy', 'labels'], true)
  })
  return { items, problems }
}

const containerOf = (
  service: Readonly<Record<string, unknown>>,
  name: string,
  at: number,
  labels: Labels,
): Container => ({
  id: name,
  name: text(service.container_name) || name,
  status: '',
  health: '',
  labels,
  networkMode: text(service.network_mode) === 'host' ? 'host' : '',
  ports: portsOf(service),
  networks: new Map(networksOf(service).map((network, index) => [network, `10.255.${at % 256}.${index + 1}`])),
  createdAt: 0,
  nodeAddress: '',
  stopSignal: '',
  service: '',
})

/** A port that the image exposes is not known here: without any other, one is supposed. */
const portsOf = (service: Readonly<Record<string, unknown>>) => {
  const numbers = [...elementsOf(service.expose), ...elementsOf(service.ports)].flatMap((port) => {
    const target = typeof port === 'object' ? fieldsOf(port).target : String(port).split('/', 1)[0]!.split(':').at(-1)
    const number = Number(target)
    return Number.isInteger(number) && number > 0 ? [number] : []
  })
  const known = numbers.length === 0 ? [80] : numbers.sort((a, b) => a - b)
  return known.map((number) => ({ number, protocol: 'tcp', bindings: [] }))
}

const networksOf = (service: Readonly<Record<string, unknown>>): readonly string[] => {
  const { networks } = service
  const names = Array.isArray(networks) ? networks.map(String) : Object.keys(fieldsOf(networks))
  return names.length === 0 ? ['default'] : names.sort()
}

const readLabels = (
  written: unknown,
  path: readonly string[],
  variable: (name: string) => string | null,
  problems: ConfigProblem[],
) => {
  const labels = new Map<string, string>()
  const places = new Map<string, readonly (string | number)[]>()
  const put = (name: string, value: unknown, key: string | number): void => {
    const place = [...path, key]
    if (places.has(name)) problems.push(problemAt(place, `label "${name}" is written twice`, 'the last one counts'))
    labels.set(name, replaced(value === null || value === undefined ? '' : String(value), variable, place, problems))
    places.set(name, place)
  }
  if (Array.isArray(written)) {
    written.forEach((element, at) => {
      const label = String(element)
      const equals = label.indexOf('=')
      put(equals === -1 ? label : label.slice(0, equals), equals === -1 ? '' : label.slice(equals + 1), at)
    })
  } else for (const [name, value] of Object.entries(fieldsOf(written))) put(name, value, name)
  return { labels, places }
}

const VARIABLE = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|([A-Za-z_]\w*))/g

/** `$NAME`, `${NAME}`, `${NAME:-fallback}`, `${NAME:?message}`, `${NAME:+other}`; `$$` is a dollar. */
const replaced = (
  value: string,
  variable: (name: string) => string | null,
  path: readonly (string | number)[],
  problems: ConfigProblem[],
): string =>
  value.replace(VARIABLE, (whole, braced: string | undefined, operator = '', rest = '', bare: string | undefined) => {
    const name = braced ?? bare
    if (name === undefined) return whole === '$$' ? '$' : whole
    const found = variable(name)
    const isThere = found !== null && (!operator.startsWith(':') || found !== '')
    if (operator.endsWith('+')) return isThere ? rest : ''
    if (isThere) return found
    if (operator.endsWith('-')) return rest
    const hint = operator.endsWith('?') ? rest || null : `write a value for when it is not: \${${name}:-…}`
    problems.push(problemAt(path, `the variable ${name} is not set`, hint))
    return ''
  })

const problemAt = (path: readonly (string | number)[], message: string, hint: string | null): ConfigProblem => ({
  severity: 'warning',
  message,
  hint,
  provider: null,
  path,
  position: null,
})
