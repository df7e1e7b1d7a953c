import { setTimeout as sleep } from 'node:timers/promises'
import { fieldsOf, type Json } from '../../../../src/compiler/discovery/answer.ts'
import { itemProblem } from '../../../../src/compiler/discovery/item.ts'
import { titleOf } from '../../../../src/compiler/discovery/kubernetes/findings.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { mergedStatus, type StatusUpdate, stamped } from '../../../../src/compiler/discovery/kubernetes/status.ts'
import type { ConfigProblem } from '../../../../src/plan/problem.ts'
import { isSame } from '../../../../src/plan/same.ts'
import { Alarm } from './alarm.ts'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import { pathOf, type Resource } from './resources.ts'
import { ruleFor } from './rights.ts'

/** Others write the same object: it is read again, so often. */
const MOST_CONFLICTS = 8
const CONFLICT = 409
/** Who writes an object again, as somebody else wrote another status, waits for so long, and each time longer. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 5 * 60_000
/** Nobody disputes what was written for so long. */
const SETTLED_MS = 10 * 60_000

interface Written {
  /** So often in a row, with the same status. */
  readonly times: number
  readonly at: number
  readonly status: StatusUpdate['status']
}

/** Requests that may be sent: so many a second (negative: any number), and at once. */
export interface WritePace {
  readonly perSecond: number
  readonly burst: number
}

/**
 * Writes the status of objects where it is another one than it should be. Several proxies that want the same come to
 * rest, and those that do not write ever more rarely.
 */
export class StatusWriter {
  readonly #resources: ReadonlyMap<string, Resource>
  readonly #changed: () => void
  readonly #problems = new Map<string, ConfigProblem>()
  #wanted = new Map<string, StatusUpdate>()
  readonly #written = new Map<string, Written>()
  readonly #alarm = new Alarm()
  /** What is in force already, and is asked for again and again. */
  readonly #inForce = new WeakSet<StatusUpdate>()
  readonly #pace: WritePace | null
  /** When the next request may be sent, if those before went out as they should. */
  #nextAt = 0

  /** @param resources of which a status may be written  @param changed the problems are other ones */
  constructor(resources: readonly Resource[], changed: () => void, pace: WritePace | null = null) {
    this.#resources = new Map(resources.map((resource) => [resource.kind, resource]))
    this.#changed = changed
    this.#pace = pace === null || pace.perSecond <= 0 ? null : pace
  }

  get problems(): readonly ConfigProblem[] {
    return [...this.#problems.values()]
  }

  /** All that are to be as said; what was wanted before and is not among them is left as it is. */
  want(updates: readonly StatusUpdate[]): void {
    this.#wanted = new Map(updates.filter((update) => this.#isDue(update)).map((one) => [keyOf(one), one]))
    const all = new Set(updates.map(keyOf))
    for (const key of this.#written.keys()) if (!all.has(key)) this.#written.delete(key)
    for (const key of this.#problems.keys()) if (!this.#wanted.has(key)) this.#problems.delete(key)
    this.#alarm.ring()
  }

  #isDue(update: StatusUpdate): boolean {
    if (this.#inForce.has(update)) return false
    if (wantedBy(update, update.object) !== null) return true
    this.#inForce.add(update)
    return false
  }

  /** Writes what is wanted, again and again; rejects when the API server is lost. */
  async follow({ api, signal }: { readonly api: ClusterApi; readonly signal: AbortSignal }): Promise<never> {
    for (;;) {
      const now = performance.now()
      let next = Number.POSITIVE_INFINITY
      for (const [key, update] of [...this.#wanted]) {
        const dueAt = this.#dueAt(key, update)
        if (dueAt > now) next = Math.min(next, dueAt)
        else if (await this.#write(api, signal, key, update)) this.#wanted.delete(key)
        else next = Math.min(next, this.#dueAt(key, update))
      }
      await this.#alarm.wait(Math.min(LONGEST_AGAIN_MS, Math.max(AGAIN_MS, next - now)), signal)
    }
  }

  /** What is wanted for the first time is due at once. */
  #dueAt(key: string, { status }: StatusUpdate): number {
    const written = this.#written.get(key)
    if (written === undefined || performance.now() - written.at > SETTLED_MS) return 0
    if (!isSame(written.status, status)) return 0
    return written.at + Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** Math.min(written.times - 1, 20))
  }

  /** @returns whether it is as it should be, or is not there any more */
  async #write(api: ClusterApi, signal: AbortSignal, key: string, update: StatusUpdate): Promise<boolean> {
    const { object, status } = update
    const resource = this.#resources.get(object.kind)
    if (resource === undefined) throw new Error(`the status of ${object.kind} is not written by anybody`)
    const { namespace = '', name } = object.metadata
    const path = `${pathOf(resource, namespace)}/${encodeURIComponent(name)}`
    try {
      for (let tries = 1; ; tries++) {
        // What is held of it is not the whole object.
        const isEnough = resource.isCustom === true && tries === 1
        if (!isEnough) await this.#turn(signal)
        const current = isEnough ? object : fieldsOf((await api.get(path, signal)).json())
        const wanted = wantedBy(update, current)
        if (wanted === null) return this.#done(key)
        try {
          const whole = { ...fieldsOf(current.status), ...(stamped(wanted, wholeSeconds()) as Json) }
          await this.#turn(signal)
          await api.put(`${path}/status`, signal, { ...current, status: whole })
          this.#note(key, status)
          return this.#done(key)
        } catch (error) {
          if (statusOf(error) !== CONFLICT || tries === MOST_CONFLICTS) throw error
        }
      }
    } catch (error) {
      const code = statusOf(error)
      if (code === 404) return this.#done(key)
      if (code === null || code === 401) throw error
      this.#note(key, status)
      const right = { resource: { ...resource, plural: `${resource.plural}/status` }, namespace: '', verbs: ['update'] }
      const hint = code === 403 ? ruleFor(right) : 'it is tried again'
      const problem = itemProblem('warning', titleOf(object), (error as Error).message, {
        hint,
        field: 'status',
      })
      if (this.#problems.get(key)?.message !== problem.message) {
        this.#problems.set(key, problem)
        this.#changed()
      }
      return false
    }
  }

  #done(key: string): true {
    if (this.#problems.delete(key)) this.#changed()
    return true
  }

  #note(key: string, status: StatusUpdate['status']): void {
    const before = this.#written.get(key)
    const now = performance.now()
    const isDisputed = before !== undefined && now - before.at <= SETTLED_MS && isSame(before.status, status)
    this.#written.set(key, { times: isDisputed ? before.times + 1 : 1, at: now, status })
  }

  /** Waits until one more request may be sent. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#pace === null) return
    const { perSecond, burst } = this.#pace
    const now = performance.now()
    const between = 1000 / perSecond
    this.#nextAt = Math.max(this.#nextAt, now - between * Math.max(0, burst - 1)) + between
    const waits = this.#nextAt - between - now
    if (waits > 0) await sleep(waits, undefined, { signal, ref: false })
  }
}

/** One that was made anew under its name is another one. */
const keyOf = ({ object: { kind, metadata } }: StatusUpdate): string =>
  `${kind} ${metadata.namespace ?? ''}/${metadata.name} ${metadata.uid ?? ''}`

/** The fields of the status that are to be written; null: all are as they should be. */
function wantedBy(update: StatusUpdate, { status }: KubernetesObject | Json): Json | null {
  const current = fieldsOf(status)
  const wanted = mergedStatus(current, update)
  return Object.entries(wanted).some(([field, value]) => !isSame(current[field], value)) ? wanted : null
}

/** As times in a status are written. */
const wholeSeconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`
