import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiServer } from '../support/kubernetes.ts'
import { RunningContainer } from './container.ts'
import { ContainerLog } from './logs.ts'
import { MACHINE } from './network.ts'
import { environmentOf, type Pod, type Volume } from './pod-spec.ts'
import { isReady } from './probe.ts'

export const NODE = 'machine'

/** Between two looks at what does not tell of itself: objects that are to be mounted, and probes of containers. */
const LOOK_MS = 100
/** Before a program that has ended by itself is started again. */
const RESTART_MS = 500

export interface PodOptions {
  readonly api: ApiServer
  /** A folder of its own on a file system in memory. */
  readonly folder: string
  readonly address: string
  readonly at: number
  /** What a container runs that has no command of its own. */
  readonly command: readonly string[]
  /** Variables that every container has. */
  readonly environment: Readonly<Record<string, string>>
}

/** A Pod of one container on the only machine, from its binding until it is deleted. */
export class RunningPod {
  readonly gone: Promise<void>
  readonly log = new ContainerLog()
  readonly #pod: Pod
  readonly #options: PodOptions
  #container: RunningContainer | null = null
  #graceMs: number | null = null
  #isEnding = Promise.withResolvers<void>()

  constructor(pod: Pod, options: PodOptions) {
    this.#pod = pod
    this.#options = options
    this.gone = this.#live()
  }

  /** It is told to end; a second time counts where it is sooner. */
  end(graceMs: number): void {
    this.#graceMs = Math.min(graceMs, this.#graceMs ?? graceMs)
    this.#isEnding.resolve()
  }

  isNamed(namespace: string, name: string): boolean {
    return this.#pod.metadata.namespace === namespace && this.#pod.metadata.name === name
  }

  get #isToEnd(): boolean {
    return this.#graceMs !== null
  }

  async #live(): Promise<void> {
    const { metadata } = this.#pod
    const target = { apiVersion: 'v1', kind: 'Node', name: NODE }
    const { name, namespace } = metadata
    await this.#send('POST', 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target })
    const files = await this.#files()
    while (!this.#isToEnd && files !== null) {
      this.#container = await this.#start(files)
      await Promise.race([this.#isEnding.promise, this.#follow(this.#container)])
      if (!this.#isToEnd) await sleep(RESTART_MS)
    }
    await this.#stop()
    const { uid } = metadata
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } }
    await this.#send('DELETE', '', options)
  }

  async #start(files: Files): Promise<RunningContainer> {
    const { folder, address, at, command, environment } = this.#options
    const [container] = this.#pod.spec.containers
    return await RunningContainer.start({
      folder,
      command: [...(container!.command ?? command), ...(container!.args ?? [])],
      environment: {
        HOSTNAME: this.#pod.metadata.name,
        ...environment,
        ...environmentOf(container!, this.#pod, address),
      },
      files,
      address,
      at,
      log: this.log,
    })
  }

  /** Says how it stands, each time that it is another way, until its program has ended. */
  async #follow(running: RunningContainer): Promise<void> {
    const [container] = this.#pod.spec.containers
    let hasEnded = false
    void running.ended.then(() => {
      hasEnded = true
    })
    let before: boolean | null = null
    while (!hasEnded) {
      const ready = await isReady(container!, this.#options.address)
      if (ready !== before) await this.#tell(ready)
      before = ready
      // Without a probe nothing changes any more.
      await (container!.readinessProbe === undefined ? running.ended : Promise.race([running.ended, sleep(LOOK_MS)]))
    }
    if (this.#isToEnd) return
    console.error(`the program of Pod ${this.#pod.metadata.name} has ended: ${this.log.since(0)}`)
    await this.#tell(false)
  }

  async #stop(): Promise<void> {
    const { lifecycle } = this.#pod.spec.containers[0]!
    if (this.#container === null) return
    const began = performance.now()
    const pauseMs = (lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000
    await Promise.race([this.#container.ended, sleep(Math.min(pauseMs, this.#graceMs!))])
    await this.#container.end(Math.max(0, this.#graceMs! - (performance.now() - began)))
  }

  async #tell(ready: boolean): Promise<void> {
    const status = ready ? 'True' : 'False'
    const condition = (type: string, is: string) => ({ type, status: is })
    const { address } = this.#options
    await this.#send('PATCH', 'status', {
      status: {
        ...{ phase: 'Running', hostIP: MACHINE, podIP: address, podIPs: [{ ip: address }] },
        conditions: [
          ...[condition('PodScheduled', 'True'), condition('Initialized', 'True')],
          ...[condition('ContainersReady', status), condition('Ready', status)],
        ],
      },
    })
  }

  /** What is mounted, by folder; waits for objects that are not there yet. @returns null: it is to end before */
  async #files(): Promise<Files | null> {
    const { volumeMounts = [] } = this.#pod.spec.containers[0]!
    const files = new Map<string, ReadonlyMap<string, Buffer>>()
    for (const { name, mountPath } of volumeMounts) {
      const volume = this.#pod.spec.volumes?.find((candidate) => candidate.name === name)
      if (volume === undefined) throw new Error(`Pod ${this.#pod.metadata.name} has no volume ${name}`)
      let contents = await this.#contents(volume)
      while (contents === null) {
        if (this.#isToEnd) return null
        await Promise.race([sleep(LOOK_MS), this.#isEnding.promise])
        contents = await this.#contents(volume)
      }
      files.set(mountPath, contents)
    }
    const account = this.#pod.spec.serviceAccountName
    if (account !== undefined) files.set(ACCOUNT_FOLDER, await this.#accountFiles(account))
    return files
  }

  async #contents({ secret, configMap, emptyDir, name }: Volume): Promise<ReadonlyMap<string, Buffer> | null> {
    if (emptyDir !== undefined) return new Map()
    const source = secret ?? configMap
    if (source === undefined) throw new Error(`a volume that is not known here: ${name}`)
    const plural = secret === undefined ? 'configmaps' : 'secrets'
    const object = secret?.secretName ?? configMap!.name
    const { namespace } = this.#pod.metadata
    const { api } = this.#options
    const { status, text } = await api.request('GET', `/api/v1/namespaces/${namespace}/${plural}/${object}`)
    if (status !== 200) return null
    const { data = {} } = JSON.parse(text) as { data?: Record<string, string> }
    const entries = Object.entries(data).map(([key, value]) => [key, bytesOf(value, secret !== undefined)] as const)
    const whole = new Map(entries)
    if (source.items === undefined) return whole
    return new Map(source.items.map(({ key, path: file }) => [file, whole.get(key) ?? Buffer.alloc(0)]))
  }

  async #accountFiles(account: string): Promise<ReadonlyMap<string, Buffer>> {
    const { api } = this.#options
    const { namespace } = this.#pod.metadata
    return new Map([
      ['token', Buffer.from(await api.tokenOf(namespace, account))],
      ['ca.crt', api.certificate],
      ['namespace', Buffer.from(namespace)],
    ])
  }

  async #send(method: string, what: string, body: object): Promise<void> {
    const { name, namespace } = this.#pod.metadata
    const where = path.join(`/api/v1/namespaces/${namespace}/pods/${name}`, what)
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const { status, text } = await this.#options.api.request(method, where, JSON.stringify(body), type)
    // It may be gone by now, or be another one of its name.
    if (status >= 300 && status !== 404 && status !== 409) throw new Error(`${method} ${where}: ${status} ${text}`)
  }
}

type Files = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

const bytesOf = (value: string, isSecret: boolean): Buffer => Buffer.from(value, isSecret ? 'base64' : 'utf8')
