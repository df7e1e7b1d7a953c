import { ForeignAnswer, type Json, list, record, text } from '../answer.ts'
import type { Labels } from '../labels.ts'
import { childOf, textOf, type XmlElement } from './xml.ts'

/** A task, as `DescribeTasks` has it. */
export interface Task {
  readonly arn: string
  readonly definitionArn: string
  /** Empty: it runs on no machine of the cluster's own. */
  readonly containerInstanceArn: string
  readonly group: string
  /** `RUNNING` … */
  readonly lastStatus: string
  /** `HEALTHY`, `UNHEALTHY`, `UNKNOWN` */
  readonly healthStatus: string
  readonly hasAttachments: boolean
  /** Milliseconds of the epoch; 0: unknown. */
  readonly createdAt: number
  readonly containers: readonly TaskContainer[]
}

export interface TaskContainer {
  readonly name: string
  /** Its address on a network interface of its own; null: it has no interface. */
  readonly address: string | null
  readonly bindings: readonly PortMapping[]
}

export interface PortMapping {
  readonly containerPort: number
  readonly hostPort: number
}

export const readTasks = (answer: unknown): readonly Task[] =>
  list(record(answer, 'tasks').tasks, 'tasks').map((element) => {
    const task = record(element, 'a task')
    const arn = text(task.taskArn)
    if (arn === '') throw new ForeignAnswer('the answer holds a task without a name')
    return {
      arn,
      definitionArn: text(task.taskDefinitionArn),
      containerInstanceArn: text(task.containerInstanceArn),
      group: text(task.group),
      lastStatus: text(task.lastStatus),
      healthStatus: text(task.healthStatus),
      hasAttachments: maybeList(task.attachments).length > 0,
      createdAt: typeof task.createdAt === 'number' && task.createdAt > 0 ? task.createdAt * 1000 : 0,
      containers: maybeList(task.containers).map(readContainer),
    }
  })

const readContainer = (element: unknown): TaskContainer => {
  const container = record(element, 'a container')
  const [first] = maybeList(container.networkInterfaces)
  const network = first === undefined ? null : record(first, 'a network interface')
  return {
    name: text(container.name),
    address: network === null ? null : text(network.privateIpv4Address) || text(network.ipv6Address),
    bindings: maybeList(container.networkBindings).map(readMapping),
  }
}

const readMapping = (element: unknown): PortMapping => {
  const { containerPort, hostPort } = record(element, 'a port')
  return { containerPort: number(containerPort), hostPort: number(hostPort) }
}

const number = (value: unknown): number => (Number.isSafeInteger(value) ? Number(value) : 0)

/** Lists that are not there are empty. */
const maybeList = (value: unknown): readonly unknown[] =>
  value === null || value === undefined ? [] : list(value, 'a list')

/** What a task is made of; a revision of it never changes. */
export interface TaskDefinition {
  readonly networkMode: string
  readonly containers: ReadonlyMap<string, ContainerDefinition>
}

export interface ContainerDefinition {
  readonly labels: Labels
  readonly ports: readonly PortMapping[]
}

export const readTaskDefinition = (answer: unknown): TaskDefinition => {
  const definition = record(record(answer, 'a task definition').taskDefinition, 'a task definition')
  const containers = maybeList(definition.containerDefinitions).map((element) => {
    const container = record(element, 'a container')
    const labels: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries((container.dockerLabels ?? {}) as Json)) {
      if (typeof value === 'string') labels[name] = value
    }
    return [text(container.name), { labels, ports: maybeList(container.portMappings).map(readMapping) }] as const
  })
  return { networkMode: text(definition.networkMode), containers: new Map(containers) }
}

/** `DescribeContainerInstances`: which machine an instance of the cluster is. */
export const readContainerInstances = (answer: unknown): ReadonlyMap<string, string> =>
  new Map(
    list(record(answer, 'machines').containerInstances, 'machines').map((element) => {
      const instance = record(element, 'a machine')
      return [text(instance.containerInstanceArn), text(instance.ec2InstanceId)]
    }),
  )

/** A machine that tasks run on. */
export interface Machine {
  readonly address: string
  /** `running` …; null: it is not told, the state of the task counts. */
  readonly state: string | null
}

/** `DescribeInstances` of EC2: machines by their ids, and where the next page begins; empty: this is the last one. */
export const readInstances = (answer: XmlElement | null): Page<ReadonlyMap<string, Machine>> => {
  if (answer?.name !== 'DescribeInstancesResponse')
    throw new ForeignAnswer('the answer holds something else than machines')
  const reservations = childOf(answer, 'reservationSet')?.children ?? []
  const machines = reservations
    .flatMap((reservation) => childOf(reservation, 'instancesSet')?.children ?? [])
    .map((instance): [string, Machine] => [
      textOf(instance, 'instanceId'),
      {
        address: textOf(instance, 'privateIpAddress') || textOf(instance, 'ipv6Address'),
        state: textOf(instance, 'instanceState', 'name'),
      },
    ])
  return { found: new Map(machines), nextToken: textOf(answer, 'nextToken') }
}

/** `DescribeInstanceInformation` of SSM: machines outside of the cloud, by their ids. */
export const readManagedInstances = (answer: unknown): Page<ReadonlyMap<string, Machine>> => {
  const page = record(answer, 'machines')
  const machines = list(page.InstanceInformationList, 'machines').map((element): [string, Machine] => {
    const instance = record(element, 'a machine')
    return [text(instance.InstanceId), { address: text(instance.IPAddress), state: null }]
  })
  return { found: new Map(machines), nextToken: text(page.NextToken) }
}

/** Part of an answer. */
export interface Page<T> {
  readonly found: T
  /** Of the next part; empty: this is the last one. */
  readonly nextToken: string
}

/** `ListClusters`, `ListTasks` */
export const readArns = (answer: unknown, key: 'clusterArns' | 'taskArns'): Page<readonly string[]> => {
  const page = record(answer, 'names')
  const arns = list(page[key], 'names')
  if (!arns.every((arn) => typeof arn === 'string'))
    throw new ForeignAnswer('the answer holds something else than names')
  return { found: arns as readonly string[], nextToken: text(page.nextToken) }
}
