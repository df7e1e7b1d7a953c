import * as z from 'zod'
import { flag } from '../../../schema/scalars.ts'
import { complete, type ServerAddress } from '../complete.ts'
import type { ParsedConstraint } from '../constraints.ts'
import type { RuleTemplate } from '../default-rule.ts'
import { ItemFault, type ItemPart, itemProblem, problemsOf } from '../item.ts'
import { decodeBelow, decodeLabels, type Labels, strayLabels } from '../labels.ts'
import { normalize } from '../normalize.ts'
import type { ContainerDefinition, Machine, PortMapping, Task, TaskContainer, TaskDefinition } from './answers.ts'

/** How containers of tasks become configuration. */
export interface EcsDerivation {
  readonly exposedByDefault: boolean
  readonly constraint: ParsedConstraint<Labels>
  readonly rule: RuleTemplate
}

const ownSchema = z.strictObject({ enable: flag().optional() })

/**
 * What a container of a task brings (Traefik `pkg/provider/ecs/{ecs,config}.go`).
 * @param definition of the task; undefined: it could not be read
 * @param machine that it runs on; undefined: there is none, or it is unknown
 */
export const ecsPart = (
  task: Task,
  container: TaskContainer,
  definition: TaskDefinition | undefined,
  machine: Machine | undefined,
  derivation: EcsDerivation,
): ItemPart => {
  const id = task.arn.slice(-12)
  const name = normalize(`${task.group.replace(':', '-')}-${container.name}`)
  const title = `task ${id}, container ${container.name}`
  const common = { key: `${name}-${id}`, title, createdAt: task.createdAt }
  const containerDefinition = definition?.containers.get(container.name)
  // A side car that the platform added has no definition, and nothing to say.
  if (definition === undefined || containerDefinition === undefined) return { ...common, config: null, problems: [] }
  const { labels } = containerDefinition
  const own = decodeBelow(ownSchema, labels, ['traefik.ecs.', 'traefik.enable'])
  const told = problemsOf(title, [...own.problems, ...strayLabels(labels)])
  if (own.value === null) return { ...common, config: null, problems: told }
  const { enable = derivation.exposedByDefault } = own.value
  const place = placeOf(task, container, definition, containerDefinition, machine)
  const { constraint } = derivation
  // Who is left out on purpose is told nothing of its labels.
  if (!enable || (constraint.accepts !== null && !constraint.accepts(labels))) {
    return { ...common, config: null, problems: [] }
  }
  if (constraint.accepts === null) {
    const message = `Error matching constraint expression: ${constraint.error}`
    return { ...common, config: null, problems: [itemProblem('error', title, message)] }
  }
  if (typeof place === 'string') {
    return { ...common, config: null, problems: [...told, itemProblem('error', title, place)] }
  }
  if (!place.runs || place.address === '') return { ...common, config: null, problems: [] }
  const { value, problems } = decodeLabels(labels)
  const decoding = [...told, ...problemsOf(title, problems)]
  if (value === null) return { ...common, config: null, problems: decoding }
  const completed = complete(value, {
    title,
    name,
    serves: true,
    address: (port) => addressOf(place, port),
    defaultRule: () => derivation.rule.render({ Name: name, Labels: labels }),
  })
  return { ...common, config: completed.config, problems: [...decoding, ...completed.problems] }
}

/** Where a container is reached. */
interface Place {
  readonly address: string
  readonly ports: readonly PortMapping[]
  readonly runs: boolean
}

/** A text: why it is nowhere. */
const placeOf = (
  task: Task,
  container: TaskContainer,
  { networkMode }: TaskDefinition,
  { ports }: ContainerDefinition,
  machine: Machine | undefined,
): Place | string => {
  const taskState = task.lastStatus.toLowerCase()
  if (networkMode === 'awsvpc' && task.hasAttachments) {
    const { address } = container
    if (address === null) return 'no network interfaces'
    return { address, ports, runs: taskState === 'running' && task.healthStatus !== 'UNHEALTHY' }
  }
  if (machine === undefined) return 'Unable to find container instance information'
  return {
    address: machine.address,
    ports: container.bindings,
    runs: (machine.state ?? taskState) === 'running',
  }
}

const MAX_PORT = 65_535

/** A label that names a port of the container means where that one is found; any other is taken as it is. */
const addressOf = ({ address, ports }: Place, wanted: string): ServerAddress => {
  const mapped = ports.find(({ containerPort }) => String(containerPort) === wanted)
  if (wanted !== '') return { host: address, port: mapped === undefined ? wanted : String(mapped.hostPort) }
  const usable = ports.map(({ hostPort }) => hostPort).filter((port) => port >= 0 && port <= MAX_PORT)
  if (usable.length === 0) {
    throw new ItemFault('port is missing', 'say it: traefik.http.services.NAME.loadbalancer.server.port=80')
  }
  return { host: address, port: String(Math.min(...usable)) }
}
