import { ForeignAnswer, list, record, text, texts } from '../answer.ts'
import type { CatalogInstance } from './instance.ts'

/** `GET /v1/services`: the tags of each service. */
export const readNomadServices = (answer: unknown): ReadonlyMap<string, readonly string[]> => {
  const services = new Map<string, readonly string[]>()
  for (const element of list(answer, 'services')) {
    const { Services } = record(element, 'services of a namespace')
    for (const stub of list(Services, 'services')) {
      const { ServiceName, Tags } = record(stub, 'a service')
      const name = text(ServiceName)
      if (name === '') throw new ForeignAnswer('the answer holds a service without a name')
      services.set(name, texts(Tags, 'tags'))
    }
  }
  return services
}

/** `GET /v1/service/NAME` */
export const readNomadInstances = (answer: unknown): readonly CatalogInstance[] =>
  list(answer, 'instances of a service').map((element) => {
    const service = record(element, 'an instance of a service')
    const id = text(service.ID)
    if (id === '') throw new ForeignAnswer('the answer holds an instance without an id')
    return {
      id,
      node: text(service.NodeID),
      name: text(service.ServiceName),
      namespace: text(service.Namespace),
      datacenter: text(service.Datacenter),
      address: text(service.Address),
      port: Number.isSafeInteger(service.Port) && Number(service.Port) > 0 ? String(service.Port) : '',
      tags: texts(service.Tags, 'tags'),
      status: '',
    }
  })

/** `GET /v1/jobs`: the ids of all jobs. */
export const readNomadJobs = (answer: unknown): readonly string[] =>
  list(answer, 'jobs').map((element) => {
    const id = text(record(element, 'a job').ID)
    if (id === '') throw new ForeignAnswer('the answer holds a job without an id')
    return id
  })

/** A service that a job defines. */
export interface NomadJobService {
  readonly name: string
  readonly tags: readonly string[]
  /** Stands for it while it is scaled to zero; null: it has instances of its own. */
  readonly empty: CatalogInstance | null
}

/** `GET /v1/job/ID`: the services of its groups and of their tasks. */
export const readNomadJob = (answer: unknown): readonly NomadJobService[] => {
  const job = record(answer, 'a job')
  const groups = job.TaskGroups === null ? [] : list(job.TaskGroups, 'groups of tasks')
  return groups.flatMap((element) => {
    const group = record(element, 'a group of tasks')
    const services = [
      ...servicesIn(group.Services),
      ...(group.Tasks === null ? [] : list(group.Tasks, 'tasks')).flatMap((task) =>
        servicesIn(record(task, 'a task').Services),
      ),
    ]
    return services.map((service) => {
      const [name, tags] = [text(service.Name), texts(service.Tags, 'tags')]
      const id = [job.Namespace, job.Name, group.Name, service.TaskName, service.Name].map(text).join('-')
      const empty = {
        ...{ id, name, tags, namespace: text(job.Namespace) },
        ...{ node: '', datacenter: '', address: '', port: '', status: '' },
      }
      return { name, tags, empty: isScaledToZero(group) ? empty : null }
    })
  })
}

const servicesIn = (value: unknown) =>
  value === null || value === undefined ? [] : list(value, 'services').map((one) => record(one, 'a service'))

const isScaledToZero = ({ Scaling, Count }: Readonly<Record<string, unknown>>): boolean =>
  typeof Scaling === 'object' && Scaling !== null && (Scaling as { Enabled?: unknown }).Enabled === true && Count === 0

/**
 * A line of `GET /v1/event/stream`: the names of services that it is about. Null: of something that it does not tell.
 * Throws for what is no line of events.
 */
export const readNomadEvents = (line: string): ReadonlySet<string> | null => {
  if (line === '') return new Set()
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (cause) {
    throw new ForeignAnswer('the answer holds something else than events', { cause })
  }
  const { Events } = record(parsed, 'events')
  const names = new Set<string>()
  for (const event of Events === undefined || Events === null ? [] : list(Events, 'events')) {
    const { Payload } = record(event, 'an event')
    const service = (Payload as { readonly Service?: { readonly ServiceName?: unknown } | null } | null)?.Service
    const name = text(service?.ServiceName)
    if (name === '') return null
    names.add(name)
  }
  return names
}
