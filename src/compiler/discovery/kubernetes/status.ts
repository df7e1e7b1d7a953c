import { isSame } from '../../../plan/same.ts'
import type { Derived } from '../derived.ts'
import type { KubernetesObject } from './objects.ts'

/** The status that an object should have. */
export interface StatusUpdate {
  /** As it was read. */
  readonly object: KubernetesObject
  /** Fields of `status` that are to have these values; others stay. */
  readonly status: Readonly<Record<string, unknown>>
  /** Absent: lists are as they are wanted, and nobody else has a say in them. */
  readonly shared?: SharedStatus
}

/** How entries of others are told from ours in a list of the status: `parents`, `ancestors`. */
export interface SharedStatus {
  readonly controllerName: string
  /** Gateways that exist and are those of other instances: `namespace/name`. */
  readonly strangers: readonly string[]
  /** Namespaces that are read; empty: all. */
  readonly namespaces: readonly string[]
}

/** What a provider finds that writes into the status of objects. */
export interface DerivedWithStatus extends Derived {
  readonly statuses: readonly StatusUpdate[]
}

type Json = Readonly<Record<string, unknown>>

/**
 * Fields of the status of an object as they should be, where it is `current` now. Entries of others stay where they are.
 * Conditions keep their `lastTransitionTime` while their status stays as it is; those that change, or are new, have
 * none: whoever writes them puts it in.
 */
export function mergedStatus(current: Json, { object, status, shared }: StatusUpdate): Json {
  const merged: Record<string, unknown> = {}
  for (const [field, wanted] of Object.entries(status)) {
    const before = current[field]
    if (field === 'conditions') merged[field] = withOthers(wanted as readonly Json[], listOf(before))
    else if (shared !== undefined && Array.isArray(wanted)) {
      merged[field] = withForeign(wanted, listOf(before), (entry) => isForeign(entry, object, shared))
    } else merged[field] = withTimes(wanted, before)
  }
  return merged
}

/** Fields with the time of this moment in every condition that has none. @param now RFC 3339, whole seconds */
export const stamped = (status: unknown, now: string): unknown => {
  if (Array.isArray(status)) return status.map((entry) => stamped(entry, now))
  if (!isMap(status)) return status
  const entries = Object.entries(status).map(([key, value]) => [key, stamped(value, now)])
  return { ...(isUntimed(status) ? { lastTransitionTime: now } : {}), ...Object.fromEntries(entries) }
}

/** What conditions have, and nothing else does; those of Knative have no reason. */
const isUntimed = (entry: Json): boolean => 'type' in entry && 'status' in entry && !('lastTransitionTime' in entry)

/** Conditions of types that we say nothing about stay. */
const withOthers = (wanted: readonly Json[], current: readonly Json[]): readonly unknown[] => {
  const ours = new Map(wanted.map((condition) => [condition.type, condition]))
  const known = new Set(current.map(({ type }) => type))
  return [
    ...current.map((before) => {
      const condition = ours.get(before.type)
      return condition === undefined ? before : withTimes(condition, before)
    }),
    ...wanted.filter(({ type }) => !known.has(type)),
  ]
}

const withForeign = (wanted: readonly Json[], current: readonly Json[], isOthers: (entry: Json) => boolean) => {
  const left = [...wanted]
  const kept = current.flatMap((before) => {
    if (isOthers(before)) return [before]
    const at = left.findIndex((entry) => isSame(identityOf(entry), identityOf(before)))
    return at === -1 ? [] : [withTimes(left.splice(at, 1)[0], before)]
  })
  return [...kept, ...left]
}

const isForeign = (entry: Json, { metadata }: KubernetesObject, shared: SharedStatus): boolean => {
  if (entry.controllerName !== shared.controllerName) return true
  const { namespace = metadata.namespace ?? '', name } = (entry.parentRef ?? entry.ancestorRef ?? {}) as {
    readonly namespace?: unknown
    readonly name?: unknown
  }
  if (shared.namespaces.length > 0 && !shared.namespaces.includes(String(namespace))) return true
  return shared.strangers.includes(`${namespace}/${name}`)
}

/** What tells entries of a list apart. */
const identityOf = ({ type, name, controllerName, parentRef, ancestorRef }: Json): Json => ({
  type,
  name,
  controllerName,
  parentRef,
  ancestorRef,
})

function withTimes(wanted: unknown, before: unknown): unknown {
  if (Array.isArray(wanted)) {
    const known = listOf(before)
    return wanted.map((entry) => {
      if (!isMap(entry)) return entry
      const identity = identityOf(entry)
      return withTimes(
        entry,
        known.find((other) => isSame(identityOf(other), identity)),
      )
    })
  }
  if (!isMap(wanted)) return wanted
  const old = isMap(before) ? before : {}
  const merged: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(wanted)) merged[key] = withTimes(value, old[key])
  if (isUntimed(wanted) && wanted.status === old.status && typeof old.lastTransitionTime === 'string') {
    merged.lastTransitionTime = old.lastTransitionTime
  }
  return merged
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isMap) : [])

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
