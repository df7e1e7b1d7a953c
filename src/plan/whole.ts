import type { Plan } from './plan.ts'
import { isRecord } from './signed-line.ts'

/** Elements of a kind: an isolate has 128 MB for everything. */
const MOST_ELEMENTS = 50_000

const RECORDS = ['entryPoints', 'routers', 'middlewares', 'services', 'serversTransports'] as const

/** What every element has, by section: lists and records that linking goes over. */
const LISTS = {
  routers: ['entryPoints', 'middlewares', 'parents', 'errors', 'warnings'],
  middlewares: ['errors', 'warnings'],
  services: ['middlewares', 'errors', 'warnings'],
} as const

/**
 * Why a plan is none that could be served, as people read it; null: it is whole.
 * @param mayBeEmpty whether a plan without routers is one
 */
export function flawOf(plan: Plan, mayBeEmpty: boolean): string | null {
  for (const section of RECORDS) {
    const elements: unknown = plan[section]
    if (!isRecord(elements)) return `the plan has no ${section}`
    if (Object.keys(elements).length > MOST_ELEMENTS) return `the plan has more than ${MOST_ELEMENTS} ${section}`
    const odd = Object.keys(elements).find((name) => !isRecord(elements[name]))
    if (odd !== undefined) return `${section} of the plan holds something that is no element`
  }
  if (!isRecord(plan.tls) || !Array.isArray(plan.precedence)) return 'the plan is not complete'
  for (const [section, lists] of Object.entries(LISTS)) {
    for (const element of Object.values(plan[section as keyof typeof LISTS])) {
      if (!lists.every((list) => Array.isArray((element as unknown as Record<string, unknown>)[list]))) {
        return `${section} of the plan holds an element that is not complete`
      }
    }
  }
  if (!Object.values(plan.routers).every(({ priority }) => /^-?\d{1,20}$/.test(String(priority)))) {
    return 'a router of the plan has no priority'
  }
  return Object.keys(plan.routers).length > 0 || mayBeEmpty ? null : 'the plan has no routers'
}
