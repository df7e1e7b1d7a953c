import os from 'node:os'
import path from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { ServerProcess } from './process.ts'

const FOLDER = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox/moto-5.2.5')
const REGION = 'eu-west-1'

/** The APIs of Amazon as moto plays them: ECS with machines of EC2. */
export class Moto {
  readonly url: string
  readonly #process: ServerProcess

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
    this.#process = new ServerProcess({
      program: path.join(FOLDER, 'bin/moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
      isReady: async () => (await fetch(`${this.url}/moto-api/`)).ok,
    })
  }

  static async create(): Promise<Moto> {
    return new Moto(await freePort())
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(signal?: NodeJS.Signals): Promise<void> {
    return this.#process.stop(signal)
  }

  stall(): void {
    this.#process.stall()
  }

  goOn(): void {
    this.#process.goOn()
  }

  async ecs<T>(action: string, body: object): Promise<T> {
    const response = await fetch(`${this.url}/`, {
      method: 'POST',
      headers: {
        ...authorization('ecs'),
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}`,
      },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async ec2(action: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const response = await fetch(`${this.url}/`, {
      method: 'POST',
      headers: authorization('ec2'),
      body: new URLSearchParams({ Action: action, Version: '2016-11-15', ...fields }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${action}: ${response.status} ${text}`)
    return text
  }

  /** A cluster with a machine in it. @returns the machine's id and address */
  async cluster(name: string): Promise<{ readonly id: string; readonly address: string }> {
    await this.ecs('CreateCluster', { clusterName: name })
    return await this.machine(name)
  }

  /** One more machine in a cluster. */
  async machine(name: string): Promise<{ readonly id: string; readonly address: string }> {
    const run = await this.ec2('RunInstances', { ImageId: 'ami-12345678', MinCount: '1', MaxCount: '1' })
    const id = /<instanceId>(.*?)</.exec(run)?.[1] ?? ''
    await this.ecs('RegisterContainerInstance', {
      cluster: name,
      instanceIdentityDocument: JSON.stringify({ instanceId: id, accountId: '1', region: REGION }),
      instanceIdentityDocumentSignature: 'x',
    })
    return { id, address: /<privateIpAddress>(.*?)</.exec(run)?.[1] ?? '' }
  }

  /** @param memory of 7482 that a machine has */
  define(family: string, labels: Readonly<Record<string, string>>, memory = 10): Promise<unknown> {
    return this.ecs('RegisterTaskDefinition', {
      family,
      containerDefinitions: [{ name: 'web', image: 'x', cpu: 1, memory, dockerLabels: labels }],
    })
  }

  async run(cluster: string, family: string): Promise<string> {
    const { tasks } = await this.ecs<{ tasks: { taskArn: string }[] }>('RunTask', {
      ...{ cluster, taskDefinition: family, count: 1, launchType: 'EC2' },
    })
    return tasks[0]!.taskArn
  }

  stopTask(cluster: string, task: string): Promise<unknown> {
    return this.ecs('StopTask', { cluster, task })
  }
}

const authorization = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=k/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
})
