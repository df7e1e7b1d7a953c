import { isDeepStrictEqual } from 'node:util'
import type { Plan } from '../../../src/plan/plan.ts'
import { isRecord } from '../../../src/plan/signed-line.ts'
import { shortened } from './author.ts'

/** What tells two plans apart: elements by kind and qualified name, `router shop@file`. Values are never in it. */
export interface PlanDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly ChangedElement[]
}

export interface ChangedElement {
  readonly name: string
  /** Options that differ, as they are written: `loadBalancer.servers`. Empty: what is secret in it, or a default. */
  readonly options: readonly string[]
}

/** Sections of a plan and what one element of each is called. */
const SECTIONS = [
  ['routers', 'router'],
  ['services', 'service'],
  ['middlewares', 'middleware'],
  ['serversTransports', 'servers transport'],
] as const

/** @param before null: nothing */
export function diffPlans(before: Plan | null, after: Plan): PlanDiff {
  const added: string[] = []
  const removed: string[] = []
  const changed: ChangedElement[] = []
  for (const [section, kind] of SECTIONS) {
    const old: Elements = before?.[section] ?? {}
    const now: Elements = after[section]
    for (const name of own(now)) {
      if (!Object.hasOwn(old, name)) added.push(`${kind} ${name}`)
      else if (!isSame(old[name]!, now[name]!)) {
        changed.push({ name: `${kind} ${name}`, options: changedOptions(old[name]!, now[name]!) })
      }
    }
    removed.push(
      ...own(old)
        .filter((name) => !Object.hasOwn(now, name))
        .map((name) => `${kind} ${name}`),
    )
  }
  if (before !== null) changed.push(...changedSettings(before, after))
  return { added, removed, changed }
}

/** Entry points come and go with the routers that name them: only what is there before and after is looked at. */
function changedSettings(before: Plan, after: Plan): ChangedElement[] {
  const names = Object.keys(after.entryPoints)
    .filter((name) => Object.hasOwn(before.entryPoints, name))
    .filter((name) => !isDeepStrictEqual(plain(before.entryPoints[name]), plain(after.entryPoints[name])))
    .map((name) => `entry point ${name}`)
  const log = isDeepStrictEqual(plain(before.telemetry), plain(after.telemetry)) ? [] : ['access log or tracing']
  return [...names, ...log].map((name) => ({ name, options: [] }))
}

export const isEmptyDiff = ({ added, removed, changed }: PlanDiff): boolean =>
  added.length + removed.length + changed.length === 0

/** `+3 -1 ~2` */
export const summaryOf = ([added, removed, changed]: readonly number[]): string => `+${added} -${removed} ~${changed}`

export const countsOf = ({ added, removed, changed }: PlanDiff): [number, number, number] => [
  added.length,
  removed.length,
  changed.length,
]

/** A line for each element, and how many there are. */
export function describeDiff(diff: PlanDiff): string {
  if (isEmptyDiff(diff)) return 'nothing differs\n'
  const lines = [
    ...diff.added.map((name) => `+ ${name}`),
    ...diff.removed.map((name) => `- ${name}`),
    ...diff.changed.map(({ name, options }) => `~ ${name}${options.length === 0 ? '' : `: ${options.join(', ')}`}`),
  ]
  // Whoever writes into KV chooses the names.
  return `${lines.map((line) => shortened(line, 300)).join('\n')}\n${summaryOf(countsOf(diff))}\n`
}

/** Names of elements that are not the proxy's own. */
export const own = (elements: Elements): string[] => Object.keys(elements).filter((name) => !name.endsWith('@internal'))

type Elements = Readonly<Record<string, object>>

/** As it is once it has travelled as JSON. */
const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))

/** Definitions say the same once more, without what is secret, and may be missing. */
const isSame = (a: object, b: object): boolean =>
  isDeepStrictEqual(plain({ ...a, ...NOT_COMPARED }), plain({ ...b, ...NOT_COMPARED }))

const NOT_COMPARED = { definition: null, completed: null, warnings: null }

function changedOptions(before: object, after: object): string[] {
  const [old, now] = [before, after].map((element) => flat((element as { definition?: unknown }).definition))
  const names = new Set([...old!.keys(), ...now!.keys()])
  return [...names].filter((name) => old!.get(name) !== now!.get(name)).sort()
}

/** Options by their path; lists are one value. */
function flat(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (!isRecord(value)) return path === '' ? found : found.set(path, JSON.stringify(value))
  for (const [key, inner] of Object.entries(value)) flat(inner, path === '' ? key : `${path}.${key}`, found)
  return found
}
