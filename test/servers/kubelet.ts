import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { mountMemory } from './kubelet/container.ts'
import { serveLogs } from './kubelet/logs.ts'
import { addressOf, MACHINE } from './kubelet/network.ts'
import { NODE, RunningPod } from './kubelet/pod.ts'
import type { Pod } from './kubelet/pod-spec.ts'
import type { ApiServer } from './support/kubernetes.ts'
import { temporaryFolder } from './support/process.ts'

/** What a container runs that has no command of its own: by the image, without registry and version. */
export type Images = ReadonlyMap<string, readonly string[]>

/** Seconds that Kubernetes gives a Pod that says nothing about it. */
const GRACE_S = 30

/**
 * Plays scheduler and kubelet of the only machine: each Pod has an address of its own in the network that
 * `openNetwork` has made, runs the program that its image stands for, is ready when its probe says so, and gets SIGTERM
 * and its time of grace before it is gone.
 */
export class Kubelet {
  readonly #api: ApiServer
  readonly #images: Images
  readonly #folder = temporaryFolder()
  readonly #pods = new Map<string, RunningPod>()
  readonly #broken = Promise.withResolvers<never>()
  #stopWatch: () => void = () => {}
  #logs: Awaited<ReturnType<typeof serveLogs>> | null = null
  #count = 0
  #isOver = false

  private constructor(api: ApiServer, images: Images) {
    this.#api = api
    this.#images = images
    mountMemory(this.#folder)
    this.#broken.promise.catch(() => {})
  }

  static async start(api: ApiServer, images: Images): Promise<Kubelet> {
    const kubelet = new Kubelet(api, images)
    await kubelet.#register()
    void kubelet.#follow().catch((error: unknown) => kubelet.#broken.reject(error))
    return kubelet
  }

  /** The machine, and where what its containers have said can be read. */
  async #register(): Promise<void> {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }
    await this.#api.apply(node)
    const running = () => [...this.#pods.values()]
    this.#logs = await serveLogs(
      this.#api,
      (namespace, name) => running().find((pod) => pod.isNamed(namespace, name))?.log ?? null,
    )
    const status = {
      addresses: [{ type: 'InternalIP', address: MACHINE }],
      daemonEndpoints: { kubeletEndpoint: { Port: this.#logs.port } },
    }
    const where = `${this.#api.pathOf(node)}/status`
    await this.#api.request('PATCH', where, JSON.stringify({ status }), 'application/merge-patch+json')
  }

  /** Rejects when a Pod asks for something that is not known here; else never settles. */
  get broken(): Promise<never> {
    return this.#broken.promise
  }

  /** Ends all Pods at once. */
  async stop(): Promise<void> {
    this.#isOver = true
    this.#stopWatch()
    this.#logs?.close()
    for (const pod of this.#pods.values()) pod.end(0)
    await Promise.allSettled([...this.#pods.values()].map(({ gone }) => gone))
  }

  /** A list, and what changes after it; again when the watch ends. */
  async #follow(): Promise<void> {
    while (!this.#isOver) {
      const { text } = await this.#api.request('GET', '/api/v1/pods')
      const { metadata, items } = JSON.parse(text) as PodList
      const there = new Set(items.map(({ metadata: { uid } }) => uid))
      for (const [uid, running] of this.#pods) if (!there.has(uid)) running.end(0)
      for (const pod of items) this.#see(pod)
      const watch = this.#api.watch<Pod>(`/api/v1/pods?resourceVersion=${metadata.resourceVersion}`, (type, pod) => {
        if (type === 'DELETED') this.#pods.get(pod.metadata.uid)?.end(0)
        else if (type !== 'BOOKMARK') this.#see(pod)
      })
      this.#stopWatch = watch.stop
      await watch.ended
    }
  }

  #see(pod: Pod): void {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = GRACE_S } = pod.metadata
    const running = this.#pods.get(uid)
    if (deletionTimestamp !== undefined) running?.end(deletionGracePeriodSeconds * 1_000)
    if (deletionTimestamp !== undefined || running !== undefined || this.#isOver) return
    const at = ++this.#count
    const folder = path.join(this.#folder, String(at))
    mkdirSync(folder)
    const started = new RunningPod(pod, {
      ...{ api: this.#api, folder, address: addressOf(at), at, command: this.#commandOf(pod) },
      environment: { KUBERNETES_SERVICE_HOST: this.#api.host, KUBERNETES_SERVICE_PORT: String(this.#api.port) },
    })
    this.#pods.set(uid, started)
    const forget = (): void => void this.#pods.delete(uid)
    started.gone.then(forget, (error: unknown) => {
      forget()
      if (!this.#isOver) this.#broken.reject(error)
    })
  }

  #commandOf({ metadata, spec: { containers } }: Pod): readonly string[] {
    const [container] = containers
    const image = /([^/:]+)(:[^/]*)?$/.exec(container!.image)![1]!
    const command = container!.command ?? this.#images.get(image)
    if (command === undefined) throw new Error(`Pod ${metadata.name}: no program is known for the image ${image}`)
    return command
  }
}

interface PodList {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly Pod[]
}
