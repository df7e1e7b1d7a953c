import {
  type Machine,
  type Page,
  readArns,
  readContainerInstances,
  readInstances,
  readManagedInstances,
  readTaskDefinition,
  readTasks,
  type Task,
  type TaskDefinition,
} from '../../../../src/compiler/discovery/ecs/answers.ts'
import { parseXml } from '../../../../src/compiler/discovery/ecs/xml.ts'
import type { AwsClient } from './aws-client.ts'

/** The calls that are made; nothing else is ever sent. Each rejects as `AwsClient.call` does. */
export interface EcsApi {
  clusters(): Promise<readonly string[]>
  /** All running tasks of a cluster. */
  tasks(cluster: string): Promise<readonly Task[]>
  definition(arn: string): Promise<TaskDefinition>
  /** Ids of machines by the names of the cluster's instances. */
  machineIds(cluster: string, arns: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Machines of EC2 by their ids. */
  machines(ids: readonly string[]): Promise<ReadonlyMap<string, Machine>>
  /** Machines outside of the cloud by their ids. */
  managedMachines(ids: readonly string[]): Promise<ReadonlyMap<string, Machine>>
}

/** No call takes more names than these. */
const CHUNK = 100
/** Pages of one answer. */
const MOST_PAGES = 1_000

const ECS_VERSION = 'AmazonEC2ContainerServiceV20141113'
const SSM_VERSION = 'AmazonSSM'
const EC2_VERSION = '2016-11-15'

export function createEcsApi(client: AwsClient, signal: AbortSignal): EcsApi {
  async function json(service: 'ecs' | 'ssm', action: string, body: object): Promise<unknown> {
    const version = service === 'ecs' ? ECS_VERSION : SSM_VERSION
    const content = await client.call(
      {
        service,
        action,
        contentType: 'application/x-amz-json-1.1',
        target: `${version}.${action}`,
        body: JSON.stringify(body),
      },
      signal,
    )
    try {
      return JSON.parse(content)
    } catch (cause) {
      throw new Error(`${action}: the answer is no JSON`, { cause })
    }
  }

  async function form(action: string, fields: Readonly<Record<string, string>>) {
    const body = new URLSearchParams({ Action: action, Version: EC2_VERSION, ...fields }).toString()
    const contentType = 'application/x-www-form-urlencoded; charset=utf-8'
    return parseXml(await client.call({ service: 'ec2', action, contentType, target: '', body }, signal))
  }

  const tasksOf = async (cluster: string, arns: readonly string[]): Promise<readonly Task[]> =>
    (await Promise.all(chunks(arns).map((tasks) => json('ecs', 'DescribeTasks', { cluster, tasks })))).flatMap(
      readTasks,
    )

  return {
    clusters: () => all(async (nextToken) => readArns(await json('ecs', 'ListClusters', { nextToken }), 'clusterArns')),
    async tasks(cluster) {
      const arns = await all(async (nextToken) =>
        readArns(await json('ecs', 'ListTasks', { cluster, desiredStatus: 'RUNNING', nextToken }), 'taskArns'),
      )
      return tasksOf(cluster, arns)
    },
    definition: async (taskDefinition) =>
      readTaskDefinition(await json('ecs', 'DescribeTaskDefinition', { taskDefinition })),
    machineIds: (cluster, arns) =>
      together(arns, async (containerInstances) =>
        readContainerInstances(await json('ecs', 'DescribeContainerInstances', { cluster, containerInstances })),
      ),
    machines: (ids) =>
      together(ids, async (chunk) => {
        const named = Object.fromEntries(chunk.map((id, at) => [`InstanceId.${at + 1}`, id]))
        return pages(async (nextToken) =>
          readInstances(
            await form('DescribeInstances', { ...named, ...(nextToken === undefined ? {} : { NextToken: nextToken }) }),
          ),
        )
      }),
    managedMachines: (ids) =>
      together(ids, (chunk) =>
        pages(async (nextToken) =>
          readManagedInstances(
            await json('ssm', 'DescribeInstanceInformation', {
              Filters: [{ Key: 'InstanceIds', Values: chunk }],
              NextToken: nextToken,
            }),
          ),
        ),
      ),
  }
}

type Ask<T> = (nextToken: string | undefined) => Promise<Page<T>>

const all = async (ask: Ask<readonly string[]>): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const page of pagesOf(ask)) found.push(...page)
  return found
}

const pages = async <T>(ask: Ask<ReadonlyMap<string, T>>): Promise<ReadonlyMap<string, T>> => {
  const found = new Map<string, T>()
  for await (const page of pagesOf(ask)) for (const [key, value] of page) found.set(key, value)
  return found
}

async function* pagesOf<T>(ask: Ask<T>): AsyncGenerator<T> {
  let nextToken: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask(nextToken)
    yield answer.found
    if (answer.nextToken === '') return
    // A server that always says that there is one more is stopped.
    if (answer.nextToken === nextToken) break
    nextToken = answer.nextToken
  }
  throw new Error('the answer has no last page')
}

const together = async <T>(
  names: readonly string[],
  ask: (chunk: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): Promise<ReadonlyMap<string, T>> => {
  const maps = await Promise.all(chunks(names).map(ask))
  return new Map(maps.flatMap((map) => [...map]))
}

const chunks = (names: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(names.length / CHUNK) }, (_, at) => names.slice(at * CHUNK, (at + 1) * CHUNK))
