import { type IndexGuide, LINED } from './guide.ts'
import { asRecord, LinedEntries, linesOf } from './lined.ts'
import type { MiddlewarePlan, Plan, RouterPlan, ServicePlan } from './plan.ts'
import { SignedValueError } from './signed-line.ts'
import { flawOfElement } from './whole.ts'

/** Routers of a large plan in the order in which they are tried, and how to find those of a host. */
export interface RouterIndex {
  readonly count: number
  /** @throws SignedValueError for what is no router */
  routerAt(position: number): readonly [name: string, router: RouterPlan]
  /** Of a name, or of `*.` and the tail of a wildcard: ascending positions; undefined: no rule has it. */
  positionsOf(host: string): readonly number[] | undefined
  /** Of rules that may match any host, ascending. */
  readonly anywhere: readonly number[]
  /** Of routers that are linked before the first request. */
  readonly eager: readonly number[]
}

/** What stands in the first line of a content with lines, as JSON. */
export function headOfContent(text: Uint8Array): Uint8Array {
  const first = text.subarray(0, text.indexOf(0x0a))
  // Open at its end: the first section, the plan, and the whole.
  const closing = new TextEncoder().encode('}}}')
  const head = new Uint8Array(first.length + closing.length)
  head.set(first)
  head.set(closing, first.length)
  return head
}

/**
 * A plan that is read as it is needed.
 * @param rest the plan without its elements
 * @throws SignedValueError where the lines are not where they should be
 */
export function openLargePlan(
  text: Uint8Array,
  rest: Plan,
  { lines: counts, anywhere, eager }: IndexGuide,
): { readonly plan: Plan; readonly index: RouterIndex } {
  const lines = linesOf(text, 1 + LINED.reduce((sum, name) => sum + counts[name] + 1, 0))
  let first = 1
  const section = <T>(name: (typeof LINED)[number], flawOf: (value: unknown) => string | null): LinedEntries<T> => {
    const length = counts[name]
    const entries = new LinedEntries<T>(lines, { first, length, isSorted: name !== 'routers' }, flawOf)
    first += length + 1
    const [end = 0, next = 0] = lines.starts.subarray(first - 1, first + 1)
    if (!AFTER.test(new TextDecoder().decode(text.subarray(end, next)))) throw new SignedValueError(OTHER_LINES)
    return entries
  }
  const elements = <T>(name: Exclude<(typeof LINED)[number], 'hosts'>): LinedEntries<T> =>
    section(name, (element) => flawOfElement(name, element))
  const routers = elements<RouterPlan>('routers')
  const plan = {
    ...rest,
    routers: asRecord(routers),
    middlewares: asRecord(elements<MiddlewarePlan>('middlewares')),
    services: asRecord(elements<ServicePlan>('services')),
  }
  const hosts = section<readonly number[]>('hosts', (value) => (Array.isArray(value) ? null : OTHER_LINES))
  const index = {
    count: routers.length,
    routerAt: (position: number) => routers.at(position),
    positionsOf: (host: string) => hosts.get(host),
    anywhere,
    eager,
  }
  return { plan, index }
}

/** What closes a section, and perhaps opens another. */
const AFTER = /^\}(?:\}?,"[a-z]+":\{\n|\}$)/

const OTHER_LINES = 'what is signed has other lines than it says'
