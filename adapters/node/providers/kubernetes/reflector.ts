import { setTimeout as sleep } from 'node:timers/promises'
import { ForeignAnswer, fieldsOf, list, record, text } from '../../../../src/compiler/discovery/answer.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { type ClusterApi, statusOf, wantedPauseMs } from './cluster-api.ts'
import type { Collection } from './collection.ts'
import { pathOf } from './resources.ts'
import { WatchLimit } from './watch-limit.ts'
import { Expired, ForeignWatch, ListRefused, objectOf, WatchReading } from './watch-reading.ts'

/** How long things take; tests have other ones. */
export interface ReflectorTiming {
  /** After so many seconds a watch ends in good order. */
  readonly watchSeconds: () => number
  /** Without a byte for so much longer than that it is dead. */
  readonly graceMs: number
  /** Between tries of what can't be read: the first pause, and the longest. */
  readonly retryMs: readonly [first: number, longest: number]
  /** The same where it is refused, or not there. */
  readonly refusedMs: number
}

export const REFLECTOR_TIMING: ReflectorTiming = {
  watchSeconds: () => 300 + Math.floor(Math.random() * 300),
  graceMs: 30_000,
  retryMs: [500, 15_000],
  refusedMs: 8_000,
}

const GONE = 410
/** A server may want to be left alone for so long. */
const LONGEST_WANTED_MS = 60_000
const PAGE = 500
/** A list that gets too old while it is read begins anew, so often. */
const MOST_LISTS = 5
/** An object has at most 1.5 MiB in the store, and more as JSON. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** A list that streams says something at least so often. */
const LIST_SILENCE_MS = 30_000
/** A watch that ends sooner and says nothing is not begun anew at once. */
const SHORT_MS = 1_000
/** Versions that are forgotten twice within this time are forgotten for no good reason. */
const EXPIRED_AGAIN_MS = 10_000
/** So many watches in a row may end before their time until that is a problem of the kind. */
const PATIENCE = 2

/** What we know of a server, for all kinds. */
export interface ServerTraits {
  /** Lists may be asked for as streams (Kubernetes 1.32 and later, with a store that can do it). */
  streamsLists: boolean
}

/** A watch that was there has ended before its time. */
class BrokenWatch extends Error {}

/**
 * Lists objects of a kind and follows their changes, for ever: what goes wrong with this kind alone is noted in the
 * collection and tried again. Rejects when the API server can't be reached, or does not know us.
 */
export class Reflector {
  readonly #collection: Collection
  readonly #api: ClusterApi
  readonly #traits: ServerTraits
  readonly #timing: ReflectorTiming
  readonly #signal: AbortSignal
  readonly #path: string
  #failures = 0
  #expiredAt = Number.NEGATIVE_INFINITY

  constructor(
    collection: Collection,
    api: ClusterApi,
    traits: ServerTraits,
    timing: ReflectorTiming,
    signal: AbortSignal,
  ) {
    this.#collection = collection
    this.#api = api
    this.#traits = traits
    this.#timing = timing
    this.#signal = signal
    this.#path = pathOf(collection.selection.resource, collection.selection.namespace)
  }

  async follow(): Promise<never> {
    for (;;) {
      const began = performance.now()
      try {
        const isBusy = await this.#once()
        if (isBusy || performance.now() - began >= SHORT_MS) this.#failures = 0
        else {
          await this.#failed(new BrokenWatch('the watch ends at once'))
          await this.#pause(SHORT_MS)
        }
      } catch (error) {
        this.#signal.throwIfAborted()
        if (error instanceof Expired || statusOf(error) === GONE) await this.#expired()
        else await this.#failed(error)
      }
    }
  }

  /** Reads what there is, or follows its changes until the watch ends. @returns whether anything was told */
  async #once(): Promise<boolean> {
    const { resourceVersion } = this.#collection
    if (resourceVersion !== '') return await this.#watch({ resourceVersion })
    if (this.#traits.streamsLists) return await this.#streamList()
    await this.#pagedList()
    return true
  }

  /** A server that forgets again and again is not asked for everything as fast as it can. */
  async #expired(): Promise<void> {
    this.#collection.resourceVersion = ''
    const now = performance.now()
    const isAgain = now - this.#expiredAt < EXPIRED_AGAIN_MS
    this.#expiredAt = now
    if (isAgain) await this.#pause(SHORT_MS)
  }

  async #failed(error: unknown): Promise<void> {
    const status = statusOf(error)
    this.#failures++
    // Once is nothing: the way to the server shows when it is taken again.
    if (error instanceof BrokenWatch && this.#failures <= PATIENCE) return
    const isOfKind = error instanceof BrokenWatch || error instanceof ForeignWatch || error instanceof ForeignAnswer
    if (status === 401 || (status === null && !isOfKind)) throw error
    const { message } = error as Error
    // Who is asked less often knows more: it goes on from where it was.
    if (status !== 429) this.#collection.resourceVersion = ''
    if (status === 403) this.#collection.note('forbidden', message)
    // Those of the core group are there in every cluster.
    else if (status === 404 && this.#collection.selection.resource.group !== '') {
      this.#collection.note('absent', message)
    } else this.#collection.note('failing', message)
    const pause = status === 403 || status === 404 ? this.#timing.refusedMs : this.#backOff()
    await this.#pause(Math.max(pause, Math.min(wantedPauseMs(error), LONGEST_WANTED_MS)))
  }

  #backOff(): number {
    const [first, longest] = this.#timing.retryMs
    return Math.min(longest, first * 2 ** Math.min(this.#failures - 1, 10)) * (0.75 + Math.random() / 4)
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#signal, ref: false })
  }

  async #pagedList(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const { items, resourceVersion } = await this.#pages()
        this.#collection.replace(items)
        this.#collection.resourceVersion = resourceVersion
        this.#collection.note('live')
        return
      } catch (error) {
        if (statusOf(error) !== GONE || tries === MOST_LISTS) throw error
      }
    }
  }

  async #pages(): Promise<{ readonly items: readonly KubernetesObject[]; readonly resourceVersion: string }> {
    const items: KubernetesObject[] = []
    let resourceVersion = ''
    let next = ''
    do {
      const answer = await this.#api.get(this.#path, this.#signal, {
        limit: PAGE,
        ...this.#selectors(),
        ...(next === '' ? {} : { continue: next }),
      })
      const page = record(answer.json(), 'a list of objects')
      const metadata = fieldsOf(page.metadata)
      for (const item of page.items === null ? [] : list(page.items, 'a list of objects')) items.push(objectOf(item))
      resourceVersion = text(metadata.resourceVersion)
      next = text(metadata.continue)
    } while (next !== '')
    if (resourceVersion === '') throw new ForeignAnswer('the answer is no list of objects')
    return { items, resourceVersion }
  }

  /** A list whose end a bookmark marks; the watch goes on with the changes. */
  async #streamList(): Promise<boolean> {
    try {
      return await this.#watch({ sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', resourceVersion: '' })
    } catch (error) {
      const status = statusOf(error)
      const isUnknown = status === 400 || status === 422 || error instanceof ListRefused
      if (!isUnknown) throw error
      this.#traits.streamsLists = false
      return true
    }
  }

  #selectors(): { readonly labelSelector?: string } {
    const { labelSelector } = this.#collection.selection
    return labelSelector === '' ? {} : { labelSelector }
  }

  async #watch(from: Readonly<Record<string, string | boolean>>): Promise<boolean> {
    const reading = new WatchReading(this.#collection, from.sendInitialEvents === true)
    const seconds = this.#timing.watchSeconds()
    const limit = new WatchLimit(this.#signal)
    const isOverdue = () => limit.set(seconds * 1000 + this.#timing.graceMs, 'the watch does not end')
    try {
      const lines = await this.#api.watch(this.#path, {
        query: { watch: true, allowWatchBookmarks: true, timeoutSeconds: seconds, ...this.#selectors(), ...from },
        signal: limit.signal,
        maxLineBytes: MAX_LINE_BYTES,
      })
      if (!reading.isListing) this.#collection.note('live')
      isOverdue()
      await this.#readAll(lines, reading, limit, isOverdue)
      return reading.isBusy
    } catch (error) {
      if (limit.expired === null) throw error
      if (reading.isListing) throw new ListRefused(limit.expired.message)
      return reading.isBusy
    } finally {
      limit.close()
    }
  }

  async #readAll(
    lines: AsyncIterator<string>,
    reading: WatchReading,
    limit: WatchLimit,
    isWhole: () => void,
  ): Promise<void> {
    try {
      for (;;) {
        const wasListing = reading.isListing
        if (wasListing) limit.set(LIST_SILENCE_MS, 'the list does not go on')
        const line = await nextLine(lines)
        if (line === null) break
        if (line !== '') reading.take(line)
        if (wasListing && !reading.isListing) isWhole()
      }
    } finally {
      if (reading.isBusy && !reading.isListing) this.#failures = 0
      await lines.return?.()
    }
    if (reading.isListing) throw new BrokenWatch('the list ends before it is whole')
  }
}

/** Null: they have ended. */
async function nextLine(lines: AsyncIterator<string>): Promise<string | null> {
  try {
    const { done, value } = await lines.next()
    return done === true ? null : value
  } catch (error) {
    throw new BrokenWatch((error as Error).message, { cause: error })
  }
}
