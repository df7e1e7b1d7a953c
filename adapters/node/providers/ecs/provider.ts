import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { labelConstraint } from '../../../../src/compiler/discovery/constraints.ts'
import { compileRuleTemplate } from '../../../../src/compiler/discovery/default-rule.ts'
import type { Machine, Task, TaskDefinition } from '../../../../src/compiler/discovery/ecs/answers.ts'
import { type EcsDerivation, ecsPart } from '../../../../src/compiler/discovery/ecs/part.ts'
import { ItemSet } from '../../../../src/compiler/discovery/item-set.ts'
import { isSame } from '../../../../src/plan/same.ts'
import { nodeTemplatePorts } from '../../templates.ts'
import type { Provider, ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { createAwsClient } from './aws-client.ts'
import { credentialsOf, type Environment } from './credentials.ts'
import { createEcsApi, type EcsApi } from './ecs-api.ts'
import { machineRegion } from './machine-metadata.ts'
import { sharedRegion } from './shared-files.ts'

type Options = ProviderOptions<'ecs'>

/** Tasks of Amazon ECS. */
export const createEcsProvider: CreateProvider<Options> = (name, options) => new EcsProvider(name, options)

/** A look that would take away more than half of more than so many containers is not believed at first. */
const MANY = 20
const DOUBT_MS = 1_000
/** Computing goes on for so long before others have a turn. */
const SLICE_MS = 8
/** So many definitions are asked for at once; throttles are counted in calls a second. */
const AT_ONCE = 4

/** A task with what there is to know about it. */
interface Seen {
  readonly task: Task
  readonly definition: TaskDefinition | undefined
  readonly machine: Machine | undefined
}

class EcsProvider implements Provider {
  readonly name: string
  readonly #options: Options
  readonly #derivation: EcsDerivation
  readonly #items = new ItemSet()
  /** By the name of their task. */
  #seen: ReadonlyMap<string, Seen> = new Map()
  /** A revision never changes; those that no task is of are forgotten. */
  #definitions: ReadonlyMap<string, TaskDefinition> = new Map()

  constructor(name: string, options: Options) {
    if (!(options.refreshSeconds > 0)) throw new Error('refreshSeconds must be greater than 0')
    this.name = name
    this.#options = options
    this.#derivation = {
      exposedByDefault: options.exposedByDefault,
      constraint: labelConstraint(options.constraints ?? ''),
      rule: compileRuleTemplate(options.defaultRule, nodeTemplatePorts()),
    }
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const { env } = process
    const { accessKeyID: accessKeyId = '', secretAccessKey = '', refreshSeconds } = this.#options
    const region = await regionOf(this.#options.region ?? '', env, signal)
    const credentials = credentialsOf({ accessKeyId, secretAccessKey }, region, env)
    const client = createAwsClient({ region, credentials, env })
    const api = createEcsApi(client, signal)
    try {
      for (let isFirst = true; ; isFirst = false) {
        const changed = await this.#look(api, signal)
        sink.connected(client.peer)
        if (changed || isFirst) sink.emit(() => this.#items.derive())
        await sleep(refreshSeconds * 1000, undefined, { signal })
      }
    } catch (error) {
      // Who stops it knows why.
      if (!signal.aborted) throw error
    } finally {
      client.close()
    }
  }

  async #look(api: EcsApi, signal: AbortSignal): Promise<boolean> {
    let read = await this.#read(api)
    const lost = [...this.#seen.keys()].filter((arn) => !read.seen.has(arn)).length
    if (this.#seen.size > MANY && lost > this.#seen.size / 2) {
      await sleep(DOUBT_MS, undefined, { signal })
      read = await this.#read(api)
    }
    this.#definitions = read.definitions
    return await this.#take(read.seen)
  }

  /** All or nothing: what can't be read does not look like something that is gone. */
  async #read(api: EcsApi) {
    const { autoDiscoverClusters, clusters, healthyTasksOnly } = this.#options
    const names = autoDiscoverClusters === true ? await api.clusters() : clusters
    const seen = new Map<string, Seen>()
    const definitions = new Map<string, TaskDefinition>()
    for (const cluster of names) {
      const running = await api.tasks(cluster)
      const tasks = healthyTasksOnly === true ? running.filter((task) => task.healthStatus === 'HEALTHY') : running
      await this.#define(api, tasks, definitions)
      const machines = await this.#machines(api, cluster, tasks)
      for (const task of tasks) {
        const definition = definitions.get(task.definitionArn)
        seen.set(task.arn, { task, definition, machine: machines.get(task.containerInstanceArn) })
      }
    }
    return { seen, definitions }
  }

  async #define(api: EcsApi, tasks: readonly Task[], definitions: Map<string, TaskDefinition>): Promise<void> {
    const missing: string[] = []
    for (const arn of new Set(tasks.map(({ definitionArn }) => definitionArn))) {
      const known = definitions.get(arn) ?? this.#definitions.get(arn)
      if (known === undefined) missing.push(arn)
      else definitions.set(arn, known)
    }
    const next = async (): Promise<void> => {
      for (let arn = missing.pop(); arn !== undefined; arn = missing.pop()) {
        definitions.set(arn, await api.definition(arn))
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, missing.length) }, next))
  }

  /** Machines by the name that the cluster gives them. */
  async #machines(api: EcsApi, cluster: string, tasks: readonly Task[]): Promise<ReadonlyMap<string, Machine>> {
    const arns = new Set(tasks.map(({ containerInstanceArn }) => containerInstanceArn).filter((arn) => arn !== ''))
    const ids = await api.machineIds(cluster, [...arns])
    const isManaged = (id: string): boolean => id.startsWith('mi-')
    const wanted = [...new Set(ids.values())].filter((id) => id !== '')
    const [machines, managed] = await Promise.all([
      api.machines(wanted.filter((id) => !isManaged(id))),
      this.#options.ecsAnywhere === true ? api.managedMachines(wanted.filter(isManaged)) : new Map<string, Machine>(),
    ])
    const found = new Map<string, Machine>()
    for (const [arn, id] of ids) {
      const machine = machines.get(id) ?? managed.get(id)
      if (machine !== undefined) found.set(arn, machine)
    }
    return found
  }

  async #take(seen: ReadonlyMap<string, Seen>): Promise<boolean> {
    let changed = false
    for (const [arn, { task }] of this.#seen) {
      if (seen.has(arn)) continue
      for (const { name } of task.containers) this.#items.delete(idOf(arn, name))
      changed = true
    }
    let began = performance.now()
    for (const [arn, { task, definition, machine }] of seen) {
      const before = this.#seen.get(arn)
      const isKnown =
        before !== undefined &&
        isSame(before.task, task) &&
        isSame(before.machine, machine) &&
        before.definition === definition
      if (isKnown) continue
      changed = true
      for (const container of before?.task.containers ?? []) this.#items.delete(idOf(arn, container.name))
      for (const container of task.containers) {
        this.#items.set(idOf(arn, container.name), ecsPart(task, container, definition, machine, this.#derivation))
      }
      if (performance.now() - began < SLICE_MS) continue
      await nextTurn()
      began = performance.now()
    }
    this.#seen = seen
    return changed
  }
}

const idOf = (arn: string, container: string): string => `${arn} ${container}`

/** The option, variables, the profile, the machine. */
async function regionOf(option: string, env: Environment, signal: AbortSignal): Promise<string> {
  const said = option || env.AWS_REGION || env.AWS_DEFAULT_REGION || sharedRegion(env)
  const region = said === '' ? await machineRegion(env, signal) : said
  if (region === null || region === '') {
    throw new Error('no region: neither the option, AWS_REGION, a profile nor the machine says one')
  }
  return region
}
