import { NameCover } from './name-cover.ts'
import { type RenewalPlan, type RenewalWindow, renewalTime, type Validity } from './renewal.ts'

/** A certificate that somebody wants. */
export interface Want {
  readonly names: readonly string[]
  /** It must have exactly these names, whatever others are good for. */
  readonly isDefault: boolean
}

/** A certificate that there is, as far as its renewal goes. */
export interface Kept {
  /** What it was asked for. */
  readonly names: readonly string[]
  /** Null: it can't be read, and is renewed at once. */
  readonly validity: Validity | null
  /** What the authority suggests; null: nothing; `unasked`: it was not asked yet, and that is waited for. */
  readonly window: RenewalWindow | 'unasked' | null
  /** In [0, 1): the place in the window that was drawn for it. */
  readonly drawn: number
}

export interface DueInput {
  readonly wanted: readonly Want[]
  readonly kept: readonly Kept[]
  /** Names that certificates in force are good for, whoever brought them. */
  readonly covered: Iterable<string>
  /** By `orderKey`: what is being ordered, with the names that it will be kept under. */
  readonly underWay: ReadonlyMap<string, readonly string[]>
  /** By `orderKey`: until when it is left alone, milliseconds since 1970. */
  readonly notBefore: ReadonlyMap<string, number>
  readonly plan: RenewalPlan
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A certificate to be ordered now. */
export interface DueOrder {
  readonly key: string
  /** All of them are asked for. */
  readonly names: readonly string[]
  /** What it is kept under: those for which there is none. */
  readonly keptAs: readonly string[]
  /** Of a renewal the place in `kept`; null: it is a new one. */
  readonly renews: number | null
}

export interface Due {
  readonly orders: readonly DueOrder[]
  /** When to look again, unless something changes before; null: nothing is to come. */
  readonly nextAt: number | null
}

/** What tells orders apart. */
export const orderKey = (names: readonly string[]): string => names.join(',')

/**
 * What is to be ordered (Traefik v3.7 `watchNewDomains`, `renewCertificates`): what is wanted and not covered, and what is
 * to be renewed. What has failed and waits for its time covers nothing and holds nobody up.
 */
export function dueOrders(input: DueInput): Due {
  const { wanted, kept, covered, underWay, now } = input
  const orders: DueOrder[] = []
  const later: number[] = []
  const cover = new NameCover(covered)
  for (const { names } of kept) for (const name of names) cover.add(name)
  for (const names of underWay.values()) for (const name of names) cover.add(name)
  for (const { names, isDefault } of wanted) {
    const keptAs = isDefault ? (isKept(names, kept) ? [] : names) : cover.uncovered(names)
    const key = orderKey(names)
    if (keptAs.length === 0 || underWay.has(key) || waits(key, input, later)) continue
    orders.push({ key, names, keptAs, renews: null })
    for (const name of keptAs) cover.add(name)
  }
  const keys = new Set(orders.map(({ key }) => key))
  for (const [place, one] of kept.entries()) {
    const at = timeOf(one, input)
    const key = orderKey(one.names)
    if (at === null || underWay.has(key) || keys.has(key)) continue
    if (at > now) later.push(at)
    else if (!waits(key, input, later)) {
      keys.add(key)
      orders.push({ key, names: one.names, keptAs: one.names, renews: place })
    }
  }
  const nextAt = later.reduce<number | null>((next, at) => (next === null || at < next ? at : next), null)
  return { orders, nextAt }
}

function waits(key: string, { notBefore, now }: DueInput, later: number[]): boolean {
  const at = notBefore.get(key) ?? 0
  if (at <= now) return false
  later.push(at)
  return true
}

/** Null: nobody knows yet. */
function timeOf({ validity, window, drawn }: Kept, { plan }: DueInput): number | null {
  if (validity === null) return 0
  return window === 'unasked' ? null : renewalTime(validity, plan, window, drawn)
}

/** By the same names, in whatever order. */
function isKept(names: readonly string[], kept: readonly Kept[]): boolean {
  const wanted = [...names].sort().join(',')
  return kept.some((one) => one.names.length === names.length && [...one.names].sort().join(',') === wanted)
}
