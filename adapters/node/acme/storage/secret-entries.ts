import type { Clock } from '../../../../src/contracts/ports.ts'
import { ApiError } from '../../providers/api-client/api-error.ts'
import { accessSource, readAccess } from '../../providers/kubernetes/access.ts'
import { ClusterApi, statusOf } from '../../providers/kubernetes/cluster-api.ts'
import { pathOf, SECRETS } from '../../providers/kubernetes/resources.ts'
import { ruleFor } from '../../providers/kubernetes/rights.ts'
import { limited, pause } from '../waits.ts'

/** No Secret holds more octets (Kubernetes `MaxSecretSize`). */
export const SECRET_BYTES = 1024 * 1024

const ANSWER_MS = 10_000
/** Whoever asks as often as they like is not to have the API server asked as often. */
const BETWEEN_READS_MS = 50
/** Others write the same Secret: it is read again, so often. */
const MOST_CONFLICTS = 20
const CONFLICT_PAUSE_MS = 100
/** A watch is begun anew after so long, so that one whose server has vanished is not believed for ever. */
const WATCH_SECONDS = 60
const WATCH_GRACE_MS = 15_000
/** A watch that can't be had is tried again after this time, and what there is is looked at. */
const WATCH_AGAIN_MS = 10_000
/** A Secret as JSON: its content in base64, and what Kubernetes notes of its fields. */
const MAX_LINE_BYTES = 8 * 1024 * 1024

/** What a Secret holds: values in base64 by name. */
export type Entries = ReadonlyMap<string, string>

interface SecretObject {
  readonly metadata: { readonly resourceVersion?: string }
  readonly data?: Readonly<Record<string, string>> | null
}

interface Change {
  readonly task: (entries: Map<string, string>) => void | Promise<void>
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

export interface SecretEntriesOptions {
  readonly namespace: string
  readonly name: string
  /** Rules name these Secrets together. */
  readonly names: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where Kubernetes puts the credentials of a Pod. */
  readonly serviceAccount: string
  readonly clock: Clock
  /** Why a `full` Secret is full. */
  readonly full: (bytes: number, entries: Entries) => string
}

/**
 * One Secret that several processes change, each entry on its own: what was written meanwhile is seen by its version, and
 * the change is made once more. It is made when something is written for the first time.
 */
export class SecretEntries {
  readonly #options: SecretEntriesOptions
  readonly #path: string
  readonly #closing = new AbortController()
  #api: ClusterApi | null = null
  #reading: Promise<Entries> | null = null
  #nextRead: Promise<Entries> | null = null
  #readAt = Number.NEGATIVE_INFINITY
  #changes: Change[] = []
  #isWriting = false
  #version: string | null = null

  constructor(options: SecretEntriesOptions) {
    this.#options = options
    this.#path = pathOf(SECRETS, options.namespace)
  }

  /** What it holds now; reads that are asked for while one is under way share the next one. */
  read(): Promise<Entries> {
    if (this.#reading === null) return this.#startRead()
    this.#nextRead ??= this.#reading.then(
      () => this.#startRead(),
      () => this.#startRead(),
    )
    return this.#nextRead
  }

  #startRead(): Promise<Entries> {
    this.#nextRead = null
    const reading = this.#readInTime().finally(() => {
      if (this.#reading === reading) this.#reading = null
    })
    this.#reading = reading
    return reading
  }

  async #readInTime(): Promise<Entries> {
    const { clock } = this.#options
    const wait = this.#readAt + BETWEEN_READS_MS - clock.now()
    if (wait > 0) await pause(clock, wait, this.#closing.signal)
    this.#readAt = clock.now()
    return entriesOf(await this.#get())
  }

  /**
   * Changes entries; what is changed at one time is written together.
   * @param task may be called several times, each time with what is there
   */
  change(task: Change['task']): Promise<void> {
    return new Promise((done, failed) => {
      this.#changes.push({ task, done, failed })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  /** Tells that another process, or this one, has written, until the signal is aborted. */
  async follow(changed: () => void, complain: (error: Error) => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const both = AbortSignal.any([signal, this.#closing.signal])
    while (!both.aborted) {
      try {
        await this.#watch(changed, both)
      } catch (error) {
        if (both.aborted) return
        complain(this.#explained(error))
        await pause(clock, WATCH_AGAIN_MS, both).catch(() => undefined)
        if (!both.aborted) changed()
      }
    }
  }

  close(): void {
    this.#closing.abort(new Error('closed'))
    this.#api?.close()
    this.#api = null
  }

  async #watch(changed: () => void, signal: AbortSignal): Promise<void> {
    const { clock, name } = this.#options
    const limit = limited(clock, WATCH_SECONDS * 1000 + WATCH_GRACE_MS, 'the watch says nothing', [signal])
    try {
      const lines = await this.#connected().watch(this.#path, {
        query: { watch: true, fieldSelector: `metadata.name=${name}`, timeoutSeconds: WATCH_SECONDS },
        signal: limit.signal,
        maxLineBytes: MAX_LINE_BYTES,
      })
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        const version = versionIn(line.value)
        if (version === this.#version) continue
        this.#version = version
        changed()
      }
    } catch (error) {
      this.#forgetLost(error)
      throw error
    } finally {
      limit.end()
    }
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#changes.length > 0) {
      const changes = this.#changes
      this.#changes = []
      try {
        await this.#write(changes)
      } catch (error) {
        for (const { failed } of changes) failed(error)
      }
    }
    this.#isWriting = false
  }

  async #write(changes: readonly Change[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      const current = await this.#get()
      const { entries, outcomes } = await this.#changed(entriesOf(current), changes)
      try {
        if (entries !== null) await this.#put(current, entries)
        for (const tell of outcomes) tell()
        return
      } catch (error) {
        if (statusOf(error) !== 409 || tries === MOST_CONFLICTS) throw this.#explained(error)
      }
      await pause(this.#options.clock, CONFLICT_PAUSE_MS * Math.random(), this.#closing.signal)
    }
  }

  /** Null: nothing is different. */
  async #changed(
    before: Entries,
    changes: readonly Change[],
  ): Promise<{ readonly entries: Entries | null; readonly outcomes: readonly (() => void)[] }> {
    let entries = before
    const outcomes: (() => void)[] = []
    for (const { task, done, failed } of changes) {
      const next = new Map(entries)
      try {
        await task(next)
        const bytes = bytesOf(next)
        // One that is too long already may become shorter.
        if (bytes > SECRET_BYTES && bytes > bytesOf(entries)) throw new Error(this.#options.full(bytes, entries))
        entries = next
        outcomes.push(done)
      } catch (error) {
        outcomes.push(() => failed(error))
      }
    }
    return { entries: isSame(before, entries) ? null : entries, outcomes }
  }

  async #put(current: SecretObject | null, entries: Entries): Promise<void> {
    const { namespace, name } = this.#options
    const data = Object.fromEntries(entries)
    if (current !== null) {
      await this.#ask((api, signal) => api.put(`${this.#path}/${name}`, signal, { ...current, data }))
      return
    }
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'signalbox' } }
    await this.#ask((api, signal) =>
      api.post(this.#path, signal, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data }),
    ).catch((error: unknown) => {
      if (statusOf(error) !== 403) throw error
      const rule = ruleFor({ resource: SECRETS, namespace, verbs: ['create'] })
      const how = `make it (kubectl -n ${namespace} create secret generic ${name}), or ${rule}`
      throw new Error(`the Secret ${namespace}/${name} is not there and may not be made: ${messageOf(error)}; ${how}`)
    })
  }

  /** Null: there is none. */
  async #get(): Promise<SecretObject | null> {
    try {
      const answer = await this.#ask((api, signal) => api.get(`${this.#path}/${this.#options.name}`, signal))
      return answer.json() as SecretObject
    } catch (error) {
      if (statusOf(error) === 404) return null
      throw this.#explained(error)
    }
  }

  async #ask<T>(ask: (api: ClusterApi, signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = limited(this.#options.clock, ANSWER_MS, `no answer within ${ANSWER_MS / 1000} s`, [
      this.#closing.signal,
    ])
    try {
      return await ask(this.#connected(), limit.signal)
    } catch (error) {
      this.#forgetLost(error)
      throw error
    } finally {
      limit.end()
    }
  }

  /** @throws Error where the environment names no API server */
  #connected(): ClusterApi {
    const { env, serviceAccount } = this.#options
    this.#closing.signal.throwIfAborted()
    if (this.#api !== null) return this.#api
    if (!env.KUBERNETES_SERVICE_HOST && !env.KUBECONFIG) {
      throw new Error('this process runs in no cluster of Kubernetes, and KUBECONFIG names none')
    }
    const environment = { env, serviceAccount }
    this.#api = new ClusterApi(readAccess(accessSource({}, environment), environment))
    return this.#api
  }

  /** Address and credentials are read again once nobody answers. */
  #forgetLost(error: unknown): void {
    const isAnswered = statusOf(error) !== null
    if (isAnswered || !(error instanceof ApiError)) return
    this.#api?.close()
    this.#api = null
  }

  #explained(error: unknown): Error {
    const { namespace, names } = this.#options
    if (statusOf(error) !== 403) return error instanceof Error ? error : new Error(String(error))
    const rule = ruleFor({ resource: SECRETS, namespace, verbs: ['get', 'update', 'watch'], names })
    return new Error(`${messageOf(error)}; ${rule}`)
  }
}

export const bytesOf = (entries: Entries): number => {
  let bytes = 0
  for (const value of entries.values()) bytes += Buffer.byteLength(value, 'base64')
  return bytes
}

const entriesOf = (object: SecretObject | null): Entries => new Map(Object.entries(object?.data ?? {}))

const isSame = (a: Entries, b: Entries): boolean =>
  a === b || (a.size === b.size && [...a].every(([name, value]) => b.get(name) === value))

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** @throws Error where the server ends the watch with an error */
function versionIn(line: string): string | null {
  let event: { type?: string; object?: SecretObject & { message?: string } }
  try {
    event = JSON.parse(line) as typeof event
  } catch {
    // The parser's words repeat a piece of the text, which holds keys.
    throw new Error('the watch says what is no JSON')
  }
  const { type, object } = event
  if (type === 'ERROR') throw new Error(`the watch has ended: ${object?.message ?? 'it does not say why'}`)
  return object?.metadata.resourceVersion ?? null
}
