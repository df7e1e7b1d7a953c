import { type PlanGuide, parseGuide } from './guide.ts'
import type { RouterIndex } from './large-plan.ts'
import { openHead, type Packed, pack, parseContent, unpack } from './packed.ts'
import type { Plan } from './plan.ts'
import type { PublicationNotes } from './publication-notes.ts'
import { type PlanRequirements, parseRequirements } from './requirements.ts'
import { requirementsOf } from './requirements-of.ts'
import { isRecord, type Reader, SignedValueError, type Signer, type Unchecked } from './signed-line.ts'

/** How a plan travels to the edge: packed (`packed.ts`), with its place in the order of publications in the head. */
const FORMAT = 'signalbox-plan/2'

/** Length of the text that says who published. */
const PUBLISHER_LIMIT = 200

/** How much later than now a publication may be, in ms: whoever signed it has another clock. */
const CLOCKS_APART_MS = 5 * 60_000

/** What a publication says of itself. */
export interface PlanHead extends Packed {
  /** Positive, grows with every publication; readers refuse a smaller one than they have. */
  readonly revision: number
  /**
   * The revision whose plan this publication brings back: a rollback gets a new revision too, so it can't be replayed.
   */
  readonly rollbackOf: number | null
  /** When it was signed, in milliseconds since 1970. */
  readonly time: number
  /** Who published, as they say themselves; at most 200 characters. */
  readonly publisher: string
  /** It has no routers, and that is meant; absent: a plan without any is a mistake. */
  readonly empty?: true
  /** What people want to know of it: nothing that a worker goes by. Absent: nothing is said. */
  readonly notes?: PublicationNotes
}

/** A plan and its place in the order of publications. */
export interface Publication {
  readonly head: PlanHead
  readonly requires: PlanRequirements
  /** Definitions of its elements are empty (`definitions.ts`). */
  readonly plan: Plan
}

/** A publication as who links it has it. */
export interface GuidedPublication extends Publication {
  /** Null: it has none for workers of this version. */
  readonly guide: PlanGuide | null
  /** Of a large plan, whose elements are read when they are asked for; null: they have been read. */
  readonly index: RouterIndex | null
}

/** What linking goes by, worked out before. */
export interface Guidance {
  readonly guide: PlanGuide
  /** The content of a large plan with a line for each element, by what else stands in it; null: the plan is not large. */
  readonly content: ((head: object) => string) | null
}

/** What a publisher says. */
export type PublicationDetails = Omit<PlanHead, Exclude<keyof Packed, 'audience'>>

/**
 * The value to publish.
 * @param guidance absent: workers find it out by themselves
 * @throws SignedValueError for what no reader would take
 */
export async function signPlan(
  plan: Plan,
  details: PublicationDetails,
  signer: Signer,
  guidance: Guidance | null = null,
): Promise<{ readonly value: Uint8Array; readonly head: PlanHead }> {
  checkHead(details)
  const head = { requires: requirementsOf(plan), ...(guidance === null ? {} : { guide: guidance.guide }) }
  return pack(FORMAT, details, guidance?.content?.(head) ?? { ...head, plan }, signer)
}

/**
 * What the head of a signed plan says; the rest need not be there.
 * @throws SignedValueError
 */
export async function openPlanHead(line: string, reader: Reader): Promise<PlanHead> {
  return asHead(await openHead(line, FORMAT, reader))
}

/** A signed plan, of which only the head has been read. */
export interface OpenedPlan {
  readonly head: PlanHead
  /**
   * Inflates it.
   * @param worker the own version, if what has been worked out for linking counts; absent: all is read at once
   * @throws SignedValueError
   */
  publication(worker?: string): Promise<GuidedPublication>
}

/**
 * Checks format, key, signature, audience and sizes before it looks at anything else.
 * @throws SignedValueError
 */
export async function openPlan(value: Uint8Array, reader: Reader): Promise<OpenedPlan> {
  const opened = await unpack(value, FORMAT, reader)
  const head = asHead(opened.head)
  return { head, publication: async (worker) => publicationIn(await opened.text(), head, worker) }
}

function asPublication(head: PlanHead, { requires, plan }: Unchecked): Publication {
  const needed = parseRequirements(requires)
  if (needed === null || !isRecord(plan)) throw new SignedValueError('the signed value is no publication')
  return { head, requires: needed, plan: plan as unknown as Plan }
}

/**
 * What an inflated text says.
 * @param worker as in `OpenedPlan`
 * @throws SignedValueError
 */
export async function publicationIn(text: Uint8Array, head: PlanHead, worker = ''): Promise<GuidedPublication> {
  // Line feeds are nowhere in the JSON of a plan that is not large.
  const large = text.includes(LINE_FEED) ? await import('./large-plan.ts') : null
  const read = (json: Uint8Array) => {
    const content = parseContent(json)
    return { ...asPublication(head, content), guide: parseGuide(content.guide, worker), index: null }
  }
  const first = read(large?.headOfContent(text) ?? text)
  if (large === null) return first
  return first.guide?.index === undefined
    ? read(text)
    : { ...first, ...large.openLargePlan(text, first.plan, first.guide.index) }
}

const LINE_FEED = 0x0a

function asHead(head: Packed & Unchecked): PlanHead {
  checkHead(head)
  return head as unknown as PlanHead
}

function checkHead({ revision, rollbackOf, time, publisher, empty }: Partial<Record<keyof PlanHead, unknown>>): void {
  const isOrdered = isRevision(revision) && (rollbackOf === null || isRevision(rollbackOf)) && Number.isFinite(time)
  const isNamed = typeof publisher === 'string' && publisher.length <= PUBLISHER_LIMIT
  if (!isOrdered || !isNamed || (empty !== undefined && empty !== true)) {
    throw new SignedValueError('the signed value is no publication')
  }
  if ((time as number) > Date.now() + CLOCKS_APART_MS) throw new SignedValueError('it was signed in the future')
}

const isRevision = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
