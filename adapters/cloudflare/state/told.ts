import { isRecord } from '../../../src/plan/signed-line.ts'
import type { ProblemCount } from '../../../src/plan/worker-status.ts'

/** The object that keeps what isolates tell of themselves. */
export const STATUS_OBJECT = 'status'

/** How an isolate stands, in its own words. */
export interface Told {
  /** A random name. */
  readonly isolate: string
  /** Code of the data centre; empty: unknown. */
  readonly location: string
  /** What it serves; null: nothing. */
  readonly revision: number | null
  /** Where that comes from: `kv`, or what there was instead; empty: it serves nothing. */
  readonly from: string
  /** When it took that over, in milliseconds since 1970. */
  readonly since: number
  /** Of the worker. */
  readonly version: string
  /** Since it last told. */
  readonly problems: readonly ProblemCount[]
}

/** Characters of the text of a problem. */
export const PROBLEM_LIMIT = 300

/** Different problems between two tellings. */
export const MOST_PROBLEMS = 20

/** Most that one isolate can have counted. */
const MOST_COUNTED = 1e9

/** What an isolate tells, cut down to what there is room for; null: nothing that an isolate of ours would say. */
export function asTold(value: unknown, now: number): Told | null {
  if (!isRecord(value)) return null
  const { isolate, location, revision, from, since, version, problems } = value
  const texts = [isolate, location, from, version]
  if (!texts.every((text) => typeof text === 'string' && /^[\w .+-]{0,64}$/.test(text)) || isolate === '') return null
  if (revision !== null && !isCount(revision)) return null
  if (!isCount(since) || !Array.isArray(problems)) return null
  return {
    ...(value as unknown as Told),
    since: Math.min(since, now),
    problems: problems.slice(0, MOST_PROBLEMS).flatMap((problem) => asProblem(problem, now) ?? []),
  }
}

function asProblem(value: unknown, now: number): ProblemCount | null {
  if (!isRecord(value)) return null
  const { text, count, first, last } = value
  if (typeof text !== 'string' || !isCount(count) || !isCount(first) || !isCount(last)) return null
  const latest = Math.min(last, now)
  return {
    text: text.slice(0, PROBLEM_LIMIT),
    count: Math.min(count, MOST_COUNTED),
    first: Math.min(first, latest),
    last: latest,
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
