import type { ConfigProblem } from '../../../plan/problem.ts'
import { elementsOf, ForeignAnswer, fieldsOf, type Json, text } from '../answer.ts'
import { itemProblem } from '../item.ts'
import { type Container, readLabels, readTime } from './container.ts'
import { swarmOwnLabels } from './own-labels.ts'
import type { DockerDerivation } from './part.ts'

/** What a manager of a swarm says: the elements of its lists, as they came. */
export interface SwarmAnswers {
  readonly services: readonly unknown[]
  /** Those that should run. */
  readonly tasks: readonly unknown[]
  readonly nodes: readonly unknown[]
  /** Those of the swarm. */
  readonly networks: readonly unknown[]
}

/** The tasks of a swarm, each as if it were a container of its own, and what is wrong with services. */
export interface SwarmTasks {
  readonly containers: readonly Container[]
  readonly problems: readonly ConfigProblem[]
  /** Tasks by the container that they run in. */
  readonly byContainer: ReadonlyMap<string, string>
  /** Tasks are on their way, or a service is being replaced: soon there is more to see, and no event tells of it. */
  readonly isMoving: boolean
}

/**
 * One container a running task, with the labels of its service; with `lbswarm` one a service, at its virtual address
 * (Traefik `pkg/provider/docker/pswarm.go`). A task on the network of its machine is at the address of that.
 */
export const readSwarm = (answers: SwarmAnswers, derivation: DockerDerivation): SwarmTasks => {
  const networks = namesOf(answers.networks, (network) => text(network.Name))
  const nodes = namesOf(answers.nodes, (node) => text(fieldsOf(node.Status).Addr))
  const tasks = tasksByService(answers.tasks)
  const containers: Container[] = []
  const problems: ConfigProblem[] = []
  let isMoving = answers.tasks.some((task) => STARTING.test(text(fieldsOf(fieldsOf(task).Status).State)))
  for (const element of answers.services) {
    const service = readService(element)
    if (service === null) throw new ForeignAnswer('the list of services holds something else')
    isMoving ||= service.isUpdating
    const { options } = swarmOwnLabels(service.labels, derivation)
    const title = `service ${service.name}`
    if (options?.lbSwarm === true && service.isDnsrr) {
      const message = 'Ignored dnsrr endpoint-mode not supported. Fallback to Traefik load balancing'
      problems.push(itemProblem('warning', title, message, { hint: 'leave `lbswarm` out, or use the mode `vip`' }))
    }
    if (options?.lbSwarm === true && !service.isDnsrr) {
      const addresses = virtualAddresses(service.virtualIPs, networks)
      if (addresses.size > 0) containers.push(container(service, service.id, service.name, addresses))
      else problems.push(itemProblem('warning', title, 'it has no virtual address on a network of the swarm'))
      continue
    }
    const own = (tasks.get(service.id) ?? []).flatMap((task) => {
      const found = taskContainer(service, task, networks, nodes)
      return found === null ? [] : [found]
    })
    containers.push(...own)
    const isLost = options?.enable === true && own.length === 0 && (tasks.get(service.id) ?? []).length > 0
    if (isLost) problems.push(itemProblem('warning', title, 'its tasks have no address on a network of the swarm'))
  }
  return { containers, problems, byContainer: tasksByContainer(answers.tasks), isMoving }
}

const STARTING = /^(?:new|pending|assigned|accepted|preparing|ready|starting)$/

interface SwarmService {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly isGlobal: boolean
  readonly isDnsrr: boolean
  readonly isUpdating: boolean
  readonly virtualIPs: readonly unknown[]
  readonly createdAt: number
}

const readService = (element: unknown): SwarmService | null => {
  const service = fieldsOf(element)
  const spec = fieldsOf(service.Spec)
  const id = text(service.ID)
  const name = text(spec.Name)
  if (id === '' || name === '') return null
  return {
    id,
    name,
    labels: readLabels(spec.Labels),
    isGlobal: fieldsOf(spec.Mode).Global !== undefined && fieldsOf(spec.Mode).Global !== null,
    isDnsrr: text(fieldsOf(spec.EndpointSpec).Mode) === 'dnsrr',
    isUpdating: /^(?:updating|rollback_started)$/.test(text(fieldsOf(service.UpdateStatus).State)),
    virtualIPs: elementsOf(fieldsOf(service.Endpoint).VirtualIPs),
    createdAt: readTime(service.CreatedAt),
  }
}

const namesOf = (elements: readonly unknown[], name: (element: Json) => string): ReadonlyMap<string, string> =>
  new Map(
    elements.map((element) => {
      const fields = fieldsOf(element)
      return [text(fields.ID) || text(fields.Id), name(fields)]
    }),
  )

const tasksByService = (elements: readonly unknown[]): ReadonlyMap<string, readonly Json[]> => {
  const tasks = new Map<string, Json[]>()
  for (const element of elements) {
    const task = fieldsOf(element)
    if (text(fieldsOf(task.Status).State) !== 'running') continue
    const service = text(task.ServiceID)
    const known = tasks.get(service)
    if (known === undefined) tasks.set(service, [task])
    else known.push(task)
  }
  return tasks
}

const tasksByContainer = (elements: readonly unknown[]): ReadonlyMap<string, string> =>
  new Map(
    elements.map((element) => {
      const task = fieldsOf(element)
      return [text(fieldsOf(fieldsOf(task.Status).ContainerStatus).ContainerID), text(task.ID)]
    }),
  )

/** `10.0.1.5/24` → `10.0.1.5` */
const withoutMask = (address: unknown): string => text(address).split('/', 1)[0]!

const virtualAddresses = (virtualIPs: readonly unknown[], networks: ReadonlyMap<string, string>) => {
  const addresses = new Map<string, string>()
  for (const element of virtualIPs) {
    const { NetworkID, Addr } = fieldsOf(element)
    const name = networks.get(text(NetworkID))
    if (name !== undefined && withoutMask(Addr) !== '') addresses.set(name, withoutMask(Addr))
  }
  return addresses
}

const taskContainer = (
  service: SwarmService,
  task: Json,
  networks: ReadonlyMap<string, string>,
  nodes: ReadonlyMap<string, string>,
): Container | null => {
  const id = text(task.ID)
  if (id === '') return null
  const addresses = new Map<string, string>()
  let onHost = false
  for (const element of elementsOf(task.NetworksAttachments)) {
    const attachment = fieldsOf(element)
    const network = fieldsOf(attachment.Network)
    if (text(fieldsOf(network.Spec).Name) === 'host') onHost = true
    const name = networks.get(text(network.ID))
    if (name === undefined) continue
    for (const address of elementsOf(attachment.Addresses)) addresses.set(name, withoutMask(address))
  }
  const nodeAddress = nodes.get(text(task.NodeID)) ?? ''
  if (addresses.size === 0 && !onHost) return null
  const slot = service.isGlobal ? id : String(task.Slot ?? 0)
  const found = container(service, id, `${service.name}.${slot}`, addresses)
  return onHost && addresses.size === 0 ? { ...found, networkMode: 'host', nodeAddress } : { ...found, nodeAddress }
}

const container = (
  service: SwarmService,
  id: string,
  name: string,
  networks: ReadonlyMap<string, string>,
): Container => ({
  id,
  name,
  status: '',
  health: '',
  labels: service.labels,
  networkMode: '',
  ports: [],
  networks: new Map([...networks].sort(([a], [b]) => (a < b ? -1 : 1))),
  createdAt: service.createdAt,
  nodeAddress: '',
  stopSignal: '',
  service: service.name,
})
