import type { ConfigProblem } from '../../../plan/problem.ts'
import { complete, type ServerAddress } from '../complete.ts'
import type { ParsedConstraint } from '../constraints.ts'
import type { RuleTemplate } from '../default-rule.ts'
import { ItemFault, type ItemPart, itemProblem, problemsOf } from '../item.ts'
import { decodeLabels, type Labels, strayLabels } from '../labels.ts'
import { normalize } from '../normalize.ts'
import type { Container } from './container.ts'
import type { OwnOptions } from './own-labels.ts'

/** How containers become configuration. */
export interface DockerDerivation {
  readonly exposedByDefault: boolean
  readonly constraint: ParsedConstraint<Labels>
  readonly allowEmptyServices: boolean
  /** Empty: none is named. */
  readonly network: string
  readonly useBindPortIP: boolean
  readonly rule: RuleTemplate
  /** Where the machine of the engine is reached, for containers that are on its network. */
  readonly hostAddress: string
  /** Networks that the proxy itself is on. */
  readonly ownNetworks: ReadonlySet<string>
  /**
   * The engine is another machine: containers are reached by published ports at this address (`hosts.NAME`, ours); empty:
   * it is not.
   */
  readonly publishedAt: string
}

/** What labels say to the provider itself, or why they can't be read. */
export type ReadOwnLabels = (labels: Labels, derivation: DockerDerivation) => OwnLabels

export interface OwnLabels {
  /** Null: they can't be read, and the container is left out. */
  readonly options: OwnOptions | null
  readonly problems: readonly ConfigProblem[]
}

const COMPOSE_PROJECT = 'com.docker.compose.project'
const COMPOSE_SERVICE = 'com.docker.compose.service'

/** The name of a container's service: that of Compose where it says one, else its own. */
export const serviceName = (name: string, labels: Labels): string => {
  const project = labels[COMPOSE_PROJECT] ?? ''
  const service = labels[COMPOSE_SERVICE] ?? ''
  return normalize(project !== '' && service !== '' ? `${service}_${project}` : name)
}

/**
 * What a container or a task of a swarm brings (Traefik `pkg/provider/docker/config.go`).
 * @param subject how it is called in messages, before its name: `container`, `service`
 * @param connected the container whose network it shares; null: there is none, or it is unknown
 * @param isLeaving it has been told to stop
 */
export const dockerPart = (
  container: Container,
  subject: string,
  derivation: DockerDerivation,
  readOwn: ReadOwnLabels,
  connected: Container | null,
  isLeaving = false,
): ItemPart => {
  const title = `${subject} ${container.service || container.name}`
  const name = serviceName(container.service || container.name, container.labels)
  const common = { key: `${name}-${container.id}`, title, createdAt: container.createdAt }
  const own = readOwn(container.labels, derivation)
  const told = problemsOf(title, [...own.problems, ...strayLabels(container.labels)])
  if (own.options === null) return { ...common, config: null, problems: told }
  const kept = keeps(container, own.options, derivation, title)
  if (kept !== true) {
    // Who is left out on purpose is told nothing of its other labels.
    return { ...common, config: null, problems: kept === false ? [] : [kept] }
  }
  const { value, problems } = decodeLabels(container.labels)
  const decoding = [...told, ...problemsOf(title, problems)]
  if (value === null) return { ...common, config: null, problems: decoding }
  const notes: ConfigProblem[] = []
  const completed = complete(value, {
    title,
    name,
    isLeaving,
    serves: (container.status === '' || container.status === 'running') && isHealthy(container),
    address: (port) => addressOf(container, port, { derivation, own: own.options!, readOwn, connected, title, notes }),
    defaultRule: () => derivation.rule.render({ Name: name, ContainerName: container.name, Labels: container.labels }),
  })
  return { ...common, config: completed.config, problems: [...decoding, ...unique(notes), ...completed.problems] }
}

const isHealthy = ({ health }: Container): boolean => health === '' || health === 'healthy'

/** Whether it is used; a problem where an option or label that decides can't be read. */
const keeps = (
  container: Container,
  own: OwnOptions,
  { constraint, allowEmptyServices }: DockerDerivation,
  title: string,
): boolean | ConfigProblem => {
  if (!own.enable) return false
  if (constraint.accepts === null) {
    return itemProblem('error', title, `Error matching constraints expression: ${constraint.error}`)
  }
  if (!constraint.accepts(container.labels)) return false
  if (own.allowNonRunning) return true
  if (container.status !== '' && container.status !== 'running') return false
  return allowEmptyServices || isHealthy(container)
}

interface Reaching {
  readonly derivation: DockerDerivation
  readonly own: OwnOptions
  readonly readOwn: ReadOwnLabels
  readonly connected: Container | null
  readonly title: string
  /** Takes what is to be told. */
  readonly notes: ConfigProblem[]
}

const addressOf = (container: Container, wanted: string, reaching: Reaching): ServerAddress => {
  const { derivation, notes, title } = reaching
  const port = wanted !== '' ? wanted : (container.ports[0]?.number.toString() ?? '')
  if (derivation.useBindPortIP || derivation.publishedAt !== '') {
    const bound = publishedOf(container, port, derivation.publishedAt)
    if (bound !== null) return bound
    if (derivation.publishedAt !== '') {
      throw new ItemFault(
        `port ${port || 'missing'} is not published`,
        'an engine elsewhere is reached by published ports only: `ports:`',
      )
    }
    notes.push(
      itemProblem(
        'warning',
        title,
        `Unable to find a binding for container "${container.name}", falling back on its internal IP/Port.`,
      ),
    )
  }
  const host = ipOf(container, reaching)
  if (host === '') {
    throw new ItemFault(`unable to find the IP address for the container "/${container.name}": the server is ignored`)
  }
  if (port === '') {
    throw new ItemFault('port is missing', 'say it: traefik.http.services.NAME.loadbalancer.server.port=80')
  }
  return { host, port }
}

/** Where a port is published, or null. @param elsewhere address of the engine's machine; empty: this one */
const publishedOf = (container: Container, port: string, elsewhere: string): ServerAddress | null => {
  for (const { number, protocol, bindings } of container.ports) {
    if (String(number) !== port || (protocol !== 'tcp' && protocol !== 'udp')) continue
    const [binding] = bindings
    if (binding === undefined || binding.port === '') continue
    if (elsewhere !== '') return { host: elsewhere, port: binding.port }
    return isUnspecified(binding.host) ? null : { host: binding.host, port: binding.port }
  }
  return null
}

const isUnspecified = (host: string): boolean => host === '' || host === '0.0.0.0' || host === '::'

const ipOf = (container: Container, reaching: Reaching): string => {
  const { own, derivation, connected } = reaching
  if (own.network !== '' && container.networks?.has(own.network)) return container.networks.get(own.network)!
  const { networkMode } = container
  if (networkMode === 'host') return container.nodeAddress || derivation.hostAddress
  if (networkMode.startsWith('container:')) {
    if (connected === null) return ''
    const theirs = reaching.readOwn(connected.labels, derivation).options
    if (theirs === null) return ''
    // A chain of containers ends here: Docker itself allows one step.
    return ipOf(connected, { ...reaching, connected: null, own: { ...theirs, network: theirs.network || own.network } })
  }
  return chosenOf(container, reaching)
}

/** Without a network that is named: one that the proxy is on, else the lowest name; never by chance. */
const chosenOf = (container: Container, { own, derivation, title, notes }: Reaching): string => {
  const names = [...(container.networks?.keys() ?? [])].filter((name) => container.networks!.get(name) !== '')
  const missing = own.network !== ''
  const shared = names.filter((name) => derivation.ownNetworks.has(name))
  const [chosen] = shared.length > 0 ? shared : names
  if (missing) {
    notes.push(
      itemProblem(
        'warning',
        title,
        `Could not find network named "${own.network}" for container "/${container.name}".`,
        {
          hint: `Maybe you're missing the project's prefix in the label? ${names.length === 0 ? 'It is on none' : `It is on ${names.join(', ')}: taking "${chosen}"`}`,
        },
      ),
    )
  } else if (names.length > 1 && shared.length !== 1) {
    notes.push(
      itemProblem('warning', title, `it is on several networks: ${names.join(', ')}; taking "${chosen}"`, {
        hint: 'say which: traefik.docker.network, or the option "network"',
      }),
    )
  }
  return chosen === undefined ? '' : container.networks!.get(chosen)!
}

/** What is said for each service of a container is said once. */
const unique = (problems: readonly ConfigProblem[]): ConfigProblem[] => [
  ...new Map(problems.map((problem) => [problem.message, problem])).values(),
]
